import { randomBytes } from 'node:crypto'
import { lstat, readdir, readFile, rm } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SourceError } from '../../errors.ts'
import { isGone, ownProcess, type ProcessName } from '../../platform/node/files.ts'
import { visible } from '../../platform/url-name.ts'
import { note } from '../output.ts'
import { writeAtomically } from '../output-files/atomic-write.ts'

const LOCK = /^train-([0-9a-f]{12})\.lock$/

/** Of two processes that begin at once the later one gives up; the other waits for that, so long in milliseconds. */
const PATIENCE = 2000
const POLL = 20

/** What connecting to a process that has ended says; everything else, such as EACCES, is no proof of that. */
const GONE = ['ECONNREFUSED', 'ENOENT', 'ENOTSOCK']

/** What a lock says of its process. */
interface Holder extends ProcessName {
  /** When it took the folder, in milliseconds since 1970. */
  readonly began: number
  /** A socket or a named pipe on which the process listens while it has the folder. */
  readonly endpoint: string
}

interface FoundLock extends Holder {
  readonly path: string
}

/**
 * Keeps other processes of this machine out of a folder. Each writes a lock, `train-ID.lock`, then looks for those of
 * others, so that of two at least one sees the other. Whether a process still runs is asked of the system, which closes
 * its socket however it ends: a process id may belong to another program by then.
 */
export class FolderLock {
  readonly #path: string
  readonly #server: Server

  private constructor(path: string, server: Server) {
    this.#path = path
    this.#server = server
  }

  /**
   * @returns undefined where the system allows no sockets, after a notice
   * @throws SourceError naming the process that has the folder, or where the lock can't be written
   */
  static async take(folder: string, signal: AbortSignal): Promise<FolderLock | undefined> {
    const id = randomBytes(6).toString('hex')
    const endpoint = endpointOf(id)
    const server = await listen(endpoint)
    if (!server) return undefined
    const path = join(folder, `train-${id}.lock`)
    const holder: Holder = { ...ownProcess(), began: Date.now(), endpoint }
    const own = { path, ...holder }
    const lock = new FolderLock(path, server)
    try {
      await writeAtomically(path, [Buffer.from(`${JSON.stringify(holder)}\n`)], { signal })
      await becomeAlone(folder, own, signal)
      return lock
    } catch (error) {
      await lock.release()
      throw error
    }
  }

  async release(): Promise<void> {
    await rm(this.#path, { force: true }).catch(() => {})
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const endpointOf = (id: string) =>
  process.platform === 'win32' ? `\\\\.\\pipe\\vitrine-${id}` : join(tmpdir(), `vitrine-${id}.sock`)

async function listen(endpoint: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy())
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      // Other users' processes must be able to connect: that shows that this one runs, and does nothing else.
      server.listen({ path: endpoint, readableAll: true, writableAll: true }, resolve)
    })
  } catch (error) {
    const { message } = error as Error
    note(
      `the folder is not locked against a second process, since no socket can be made: ${message}`,
    )
    return undefined
  }
  server.unref()
  return server
}

/** @throws SourceError where another process has the folder */
async function becomeAlone(folder: string, own: FoundLock, signal: AbortSignal): Promise<void> {
  const start = performance.now()
  for (;;) {
    const others = await othersIn(folder, own)
    if (others.length === 0) return
    const earlier = others.find((other) => isEarlier(other, own))
    if (earlier || performance.now() - start > PATIENCE) {
      throw inUse(folder, earlier ?? others[0]!)
    }
    await delay(POLL, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}

const isEarlier = (one: FoundLock, other: FoundLock): boolean =>
  one.began < other.began || (one.began === other.began && one.path < other.path)

const inUse = (folder: string, { pid, began }: Holder) =>
  new SourceError(
    `Process ${pid} is training in ${visible(folder)}, since ${new Date(began).toISOString()}. Wait for it, end it, or give another folder.`,
  )

/** The other processes that have a lock and still run. Locks of those that have ended are removed. */
async function othersIn(folder: string, own: FoundLock): Promise<FoundLock[]> {
  const alive: FoundLock[] = []
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (!LOCK.test(name) || path === own.path) continue
    const found = await readLock(path)
    if (found && found.host === own.host && (await runs(found))) alive.push(found)
    else await removeLock(path, found, own)
  }
  return alive
}

/** Undefined for what is no lock, or not there any more. */
async function readLock(path: string): Promise<FoundLock | undefined> {
  try {
    const lock = JSON.parse(await readFile(path, 'utf8')) as Holder
    const { pid, host, started, began, endpoint } = lock
    const areRight =
      [pid, started, began].every(Number.isSafeInteger) &&
      [host, endpoint].every((text) => typeof text === 'string')
    return areRight ? { path, pid, host, started, began, endpoint } : undefined
  } catch {
    return undefined
  }
}

const runs = async (holder: Holder): Promise<boolean> =>
  !isGone(holder) && (await listens(holder.endpoint))

/** Whether a process listens: the system answers for it, even while it computes. */
const listens = (endpoint: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(endpoint)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(!GONE.includes(code)))
  })

async function removeLock(path: string, lock: FoundLock | undefined, own: Holder): Promise<void> {
  await rm(path, { force: true })
  if (!lock) return
  if (lock.host !== own.host) {
    note(
      `process ${lock.pid} of another machine or container, ${visible(lock.host)}, has trained here; whether it still does can't be seen from here`,
    )
    return
  }
  // Only what we make ourselves, since anybody may have written the lock.
  const [, id] = LOCK.exec(basename(path))!
  if (basename(lock.endpoint) !== `vitrine-${id}.sock`) return
  const file = await lstat(lock.endpoint).catch(() => undefined)
  if (file?.isSocket()) await rm(lock.endpoint, { force: true }).catch(() => {})
}
