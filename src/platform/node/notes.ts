import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Notes } from '../platform.ts'
import { cacheFolder } from './cache-folder.ts'
import { draftOf, sweepDrafts } from './drafts.ts'

/** In the user's cache, a small file each. */
export const notes: Notes = {
  recall(name) {
    try {
      return readFileSync(pathOf(name), 'utf8')
    } catch {
      return undefined
    }
  },
  remember(name, text) {
    try {
      const path = pathOf(name)
      const draft = draftOf(path)
      mkdirSync(folder(), { recursive: true })
      try {
        // Whoever reads it meanwhile finds the old or the new one whole.
        writeFileSync(draft, text, { flag: 'wx' })
        renameSync(draft, path)
      } catch (error) {
        rmSync(draft, { force: true })
        throw error
      }
      void sweepDrafts(folder())
    } catch {
      // A disk may be full or read-only, a process without permission or a home.
    }
  },
}

const folder = () => join(cacheFolder(), 'measured')

/** Names may hold anything, such as what a driver calls itself. */
const pathOf = (name: string) =>
  join(folder(), `${name.replace(/[^\w.-]+/g, '-').slice(0, 100)}.json`)
