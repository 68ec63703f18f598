import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FormatError, SourceError } from '../../errors.ts'
import { createText } from '../../platform/node/files.ts'
import { type Layout, resultPaths, shardName } from '../job/layout.ts'
import { type Format, fingerprint, type Job } from '../job/settings.ts'
import { type ResultFile, readRecord, type ShardRecord, writeRecord } from './record.ts'

type ErrorWithCode = NodeJS.ErrnoException

/** A file of results that is written, and has no place yet. */
export interface Draft {
  readonly path: string
  readonly chunks: AsyncIterable<Uint8Array>
}

/**
 * The results of a job on a disk that its workers share. A shard's files are written as drafts; then a record that
 * names them is put in place if there is none, which decides; then they are renamed. Whoever finds a record whose files
 * are still drafts renames them, so it does not matter where a worker died.
 */
export class Results {
  readonly #layout: Layout
  readonly #format: Format
  /** The job's fingerprint. */
  readonly #job: string
  /** Shards that were seen to have a record. */
  readonly known = new Set<number>()

  constructor(layout: Layout, job: Job) {
    this.#layout = layout
    this.#format = job.format
    this.#job = fingerprint(job)
  }

  /** Looks which shards have a record. */
  async refresh(): Promise<void> {
    const names = await readdir(this.#layout.records).catch((cause: Error) => {
      throw new SourceError(`Can't read the job's records: ${cause.message}.`, { cause })
    })
    this.known.clear()
    for (const name of names) {
      const shard = /^(\d{6,})\.json$/.exec(name)
      if (shard) this.known.add(Number(shard[1]))
    }
  }

  /** Whether a shard has a record now, as the disk says. */
  async has(shard: number): Promise<boolean> {
    if (this.known.has(shard)) return true
    const found = await stat(this.#layout.record(shard)).catch(() => undefined)
    if (found) this.known.add(shard)
    return found !== undefined
  }

  /**
   * Writes files as drafts, completely and to the disk.
   * @throws SourceError if the file system refuses, such as a full disk; nothing is left then
   */
  async draft(drafts: readonly Draft[], signal: AbortSignal): Promise<ResultFile[]> {
    const files: ResultFile[] = []
    try {
      for (const { path, chunks } of drafts) {
        const draft = `${crypto.randomUUID()}.draft`
        const hash = createHash('sha256')
        files.push({ path, draft, bytes: 0, sha256: '' })
        const bytes = await this.#write(join(this.#layout.drafts, draft), chunks, hash, signal)
        files[files.length - 1] = { path, draft, bytes, sha256: hash.digest('hex') }
      }
      return files
    } catch (error) {
      await this.drop(files)
      if (!isOfFileSystem(error)) throw error
      throw new SourceError(`Can't write results: ${error.message}.`, { cause: error })
    }
  }

  async #write(
    path: string,
    chunks: AsyncIterable<Uint8Array>,
    hash: Hash,
    signal: AbortSignal,
  ): Promise<number> {
    await mkdir(this.#layout.drafts, { recursive: true })
    const file = await open(path, 'wx')
    try {
      let bytes = 0
      for await (const chunk of chunks) {
        signal.throwIfAborted()
        await file.writeFile(chunk)
        hash.update(chunk)
        bytes += chunk.length
      }
      await file.sync()
      return bytes
    } finally {
      await file.close()
    }
  }

  /** Removes drafts that don't count. */
  async drop(files: readonly ResultFile[]): Promise<void> {
    for (const { draft } of files) await rm(join(this.#layout.drafts, draft), { force: true })
  }

  /**
   * Puts a shard's record in place if there is none, and its files where they belong.
   * @returns whether it is this one; if not, another worker was faster, and these drafts are removed
   * @throws SourceError if the file system refuses
   */
  async place(record: ShardRecord): Promise<boolean> {
    const path = this.#layout.record(record.shard)
    const text = writeRecord(record)
    const isNew = await createText(path, text).catch(async (cause: Error) => {
      await this.drop(record.files)
      throw new SourceError(`Can't write ${path}: ${cause.message}.`, { cause })
    })
    // A network file system may repeat a request, and say of our own file that it is there already.
    const isFirst = isNew || (await readFile(path, 'utf8').catch(() => '')) === text
    if (isFirst) await this.#publish(record)
    else await this.drop(record.files)
    this.known.add(record.shard)
    return isFirst
  }

  /** Renames what is still a draft. */
  async #publish({ files }: ShardRecord): Promise<void> {
    for (const { path, draft } of files) {
      const place = this.#layout.file(path)
      await mkdir(dirname(place), { recursive: true })
      await rename(join(this.#layout.drafts, draft), place).catch((cause: ErrorWithCode) => {
        // Another worker has done it.
        if (cause.code === 'ENOENT') return
        throw new SourceError(`Can't put ${place} in place: ${cause.message}.`, { cause })
      })
    }
  }

  /**
   * The record of a shard, whose files are in place and have the checksums that it names.
   * @param deep whether the files are read; else only their sizes are compared
   * @throws FormatError saying what is damaged; SourceError if the record can't be read
   */
  async verified(shard: number, deep: boolean, signal: AbortSignal): Promise<ShardRecord> {
    const path = this.#layout.record(shard)
    const text = await readFile(path, 'utf8').catch((cause: Error) => {
      throw new SourceError(`Can't read ${path}: ${cause.message}.`, { cause })
    })
    const record = readRecord(text, path)
    if (record.shard !== shard || record.job !== this.#job) {
      throw new FormatError(`${path} is the record of another job or shard.`)
    }
    await this.#publish(record)
    for (const file of record.files) await this.#check(file, deep, signal)
    return record
  }

  async #check({ path, bytes, sha256 }: ResultFile, deep: boolean, signal: AbortSignal) {
    const place = this.#layout.file(path)
    const found = await stat(place).catch(() => undefined)
    if (found === undefined) throw new FormatError(`${place} is missing.`)
    if (found.size !== bytes) {
      throw new FormatError(`${place} has ${found.size} bytes, and was written with ${bytes}.`)
    }
    if (!deep) return
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(place, { signal })) hash.update(chunk)
    if (hash.digest('hex') === sha256) return
    throw new FormatError(`${place} has another checksum than it was written with.`)
  }

  /** Forgets a shard's result, which is damaged or wanted again, so that it is computed anew. */
  async discard(shard: number): Promise<void> {
    this.known.delete(shard)
    // First the files: without a record, others may already put new ones in their place.
    for (const path of resultPaths(this.#format, shard)) {
      await rm(this.#layout.file(path), { force: true })
    }
    const record = this.#layout.record(shard)
    const name = `${shardName(shard)}.${crypto.randomUUID()}.discarded`
    await mkdir(this.#layout.drafts, { recursive: true })
    await rename(record, join(this.#layout.drafts, name)).catch((cause: ErrorWithCode) => {
      if (cause.code !== 'ENOENT') throw cause
    })
  }
}

const isOfFileSystem = (error: unknown): error is ErrorWithCode =>
  error instanceof Error && 'syscall' in error
