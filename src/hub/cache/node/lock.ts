import * as files from '../../../platform/node/files.ts'
import { wait } from '../../wait.ts'
import type { LockOptions } from '../cache.ts'
import { isCount, parseObject } from '../records.ts'

/** How often the owner refreshes a lock, and how often waiting processes poll it, in milliseconds. */
const heartbeat = 1000
const pollInterval = 100
/** A lock that was not refreshed for this long is stale. */
const staleAfter = 10 * heartbeat

interface Owner extends files.ProcessName {
  readonly id: string
}

/**
 * Acquires a lock file. Its owner touches it every second. It is taken over if the owner is known to be dead,
 * or has not touched it for ten seconds by the waiting process's clock (clocks of machines that share a disk
 * differ).
 *
 * A suspended owner may resume after a takeover. That is safe here: both write the same bytes to the same
 * offsets.
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
    if (isDead(found) || performance.now() - seen.at > staleAfter) {
      await take(path, found)
      continue
    }
    if (!waits) onWait?.()
    waits = true
    await wait(pollInterval, signal)
  }
  const timer = setInterval(() => void files.touch(path).catch(() => {}), heartbeat)
  timer.unref?.()
  return async () => {
    clearInterval(timer)
    // Another process may have taken it over.
    if ((await files.readText(path)) === text) await files.removeAll(path)
  }
}

/** Acquires the lock only if it is free. */
export async function tryLockFile(path: string): Promise<(() => Promise<void>) | undefined> {
  const controller = new AbortController()
  const onWait = () => controller.abort()
  return lockFile(path, { signal: controller.signal, onWait }).catch((error) => {
    if (controller.signal.aborted) return undefined
    throw error
  })
}

/** A malformed record may still be being written; then only the timeout applies. */
function isDead(text: string | undefined): boolean {
  const owner = parseObject(text)
  const { pid, host, started } = owner ?? {}
  if (!isCount(pid) || typeof host !== 'string' || typeof started !== 'number') return false
  return files.isGone({ pid, host, started })
}

/** Moves a dead owner's lock away. If it is a new owner's by then, puts it back. */
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
