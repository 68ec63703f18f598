import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import * as assert from 'uvu/assert'
import { run, start, temporaryFolder } from '../cli/run.ts'
import { writeTiny } from '../cli/tiny-model.ts'
import { until } from '../until.ts'

const pictures = ['chelsea.png', 'coffee.png', 'grace_hopper.jpg', 'rocket.jpg'].map((name) =>
  join(process.cwd(), 'examples', name),
)

/** A folder for jobs, a model that computes fast, and lists of pictures of any length. */
export async function workshop() {
  const folder = temporaryFolder()
  const weights = join(folder, 'tiny.safetensors')
  await writeTiny(weights)
  return {
    folder,
    weights,
    /** A list of so many images, named by numbers; some are broken if wanted. */
    list(name: string, count: number, broken: readonly string[] = []) {
      const path = join(folder, name)
      const lines = Array.from({ length: count }, (_, i) => ({
        id: `image ${i}`,
        image: broken[i] ?? pictures[i % pictures.length],
      }))
      writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
      return path
    },
  }
}

/** Starts `vitrine batch`. */
export const startBatch = (...args: string[]) => start(['batch', ...args])
export const runBatch = (...args: string[]) => run(['batch', ...args])

interface Line {
  image: string
}

const lines = (path: string): Line[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** The images that a file of results has, read without code of this package. */
async function imagesIn(path: string): Promise<string[]> {
  if (path.endsWith('.jsonl')) return lines(path).map(({ image }) => image)
  const bytes = readFileSync(path)
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
  const rows = (await parquetReadObjects({ file: file as ArrayBuffer })) as Record<string, string>[]
  return rows.map(({ image, image_path }) => image ?? image_path!)
}

export interface Account {
  done: string[]
  failed: string[]
}

/**
 * Counts the images of a job that is done: those in all files of results that lie there, whoever wrote them, and those
 * that are named as failed. Each of the wanted ones must be there once.
 */
export async function account(job: string, wanted: readonly string[]): Promise<Account> {
  const summary = JSON.parse(readFileSync(join(job, 'summary.json'), 'utf8'))
  const folders = ['results', 'metadata'].filter((name) => existsSync(join(job, name)))
  const done: string[] = []
  for (const folder of folders) {
    for (const name of readdirSync(join(job, folder)).sort()) {
      done.push(...(await imagesIn(join(job, folder, name))))
    }
  }
  const failed = lines(join(job, 'failed.jsonl')).map(({ image }) => image)
  const all = [...done, ...failed]
  assert.is(new Set(all).size, all.length, 'no image is there twice')
  assert.equal([...all].sort(), [...wanted].sort(), 'every image is there')
  assert.is(summary.images, wanted.length)
  assert.is(summary.done, done.length)
  assert.is(summary.failed, failed.length)
  for (const { path, sha256, bytes } of summary.files) {
    const contents = readFileSync(join(job, path))
    assert.is(contents.length, bytes, path)
    assert.is(createHash('sha256').update(contents).digest('hex'), sha256, path)
  }
  return { done, failed }
}

export const named = (count: number) => Array.from({ length: count }, (_, i) => `image ${i}`)

/** The names in a folder of a job; none if it is not there. */
export const namesIn = (...path: string[]): string[] => {
  try {
    return readdirSync(join(...path))
  } catch {
    return []
  }
}

/** Waits until a worker has a lease of a shard without a result; what it is called is given back. */
export async function leased(job: string, besides: readonly string[] = []): Promise<string> {
  const found = () => {
    const done = namesIn(job, 'job/shards').map((name) => name.replace('.json', ''))
    return namesIn(job, 'job/leases').find(
      (name) =>
        /^\d+\.\d+$/.test(name) && !besides.includes(name) && !done.includes(name.slice(0, 6)),
    )
  }
  await until(() => found() !== undefined, 'a worker has a lease')
  return found()!
}
