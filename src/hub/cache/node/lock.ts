import * as files from '../../../platform/node/files.ts'
import { wait } from '../../wait.ts'
import type { LockOptions } from '../cache.ts'
import { isCount, parseObject } from '../records.ts'

/** How often the owner of a lock shows that it is alive, and others look, in milliseconds. */
const beat = 1000
const look = 100
/** A lock that did not move for so long belongs to nobody. */
const patience = 10 * beat

interface Owner extends files.ProcessName {
  readonly id: string
}

/**
 * A lock that is a file. Its owner touches it every second; it is taken from an owner that is known
 * to be dead, or that did not move it for ten seconds, by the watch of the one who waits (the clocks
 * of machines that share a disk differ).
 *
 * An owner that only slept may wake up and go on. What a lock protects here has to bear that: both
 * write the same bytes to the same places.
 */
export async function lockFile(
  path: string,
  options: LockOptions = {},
): Promise<() => Promise<void>> {
  const { signal, onWait } = options
  const owner: Owner = { ...files.ownProcess(), id: crypto.randomUUID() }
  const text = JSON.stringify(owner)
  let seen: { moved: number; at: number } | undefined
  let waits = false
  for (;;) {
    signal?.throwIfAborted()
    if (await files.createText(path, text)) break
    const facts = await files.fileFacts(path)
    if (!facts) continue
    if (seen?.moved !== facts.modified) seen = { moved: facts.modified, at: performance.now() }
    const found = await files.readText(path)
    if (isDead(found) || performance.now() - seen.at > patience) {
      await take(path, found)
      continue
    }
    if (!waits) onWait?.()
    waits = true
    await wait(look, signal)
  }
  const timer = setInterval(() => void files.touch(path).catch(() => {}), beat)
  timer.unref?.()
  return async () => {
    clearInterval(timer)
    // It may be somebody else's by now.
    if ((await files.readText(path)) === text) await files.removeAll(path)
  }
}

/** The lock, if nobody has it now. */
export async function tryLockFile(path: string): Promise<(() => Promise<void>) | undefined> {
  const controller = new AbortController()
  const onWait = () => controller.abort()
  return lockFile(path, { signal: controller.signal, onWait }).catch((error) => {
    if (controller.signal.aborted) return undefined
    throw error
  })
}

/** What is no record of an owner may be one that is being written: then only time tells. */
function isDead(text: string | undefined): boolean {
  const owner = parseObject(text)
  const { pid, host, started } = owner ?? {}
  if (!isCount(pid) || typeof host !== 'string' || typeof started !== 'number') return false
  return files.isGone({ pid, host, started })
}

/** Moves a dead owner's lock away, and puts back what turns out to be a new owner's. */
async function take(path: string, dead: string | undefined): Promise<void> {
  const aside = files.draftOf(path)
  try {
    await files.rename(path, aside)
  } catch {
    return
  }
  const moved = await files.readText(aside)
  if (moved !== dead && moved) await files.createText(path, moved)
  await files.removeAll(aside)
}
