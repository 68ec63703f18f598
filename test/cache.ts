import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Has this process keep its cache in another folder, until what is returned is called. */
export function useCache(folder: string): () => void {
  const before = process.env.VITRINE_CACHE
  process.env.VITRINE_CACHE = folder
  return () => {
    if (before === undefined) delete process.env.VITRINE_CACHE
    else process.env.VITRINE_CACHE = before
  }
}

/** The body of a test with an empty cache of its own. */
export function withCache(run: (folder: string) => void | Promise<void>): () => Promise<void> {
  return async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vitrine-cache-'))
    const restore = useCache(folder)
    try {
      await run(folder)
    } finally {
      restore()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
