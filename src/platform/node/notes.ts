import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Notes } from '../platform.ts'
import { cacheFolder } from './cache-folder.ts'
import { draftOf, sweepDrafts } from './drafts.ts'

/** One small file per note in the user's cache folder. */
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
        // Written to a draft and renamed, so that readers never see a partial file.
        writeFileSync(draft, text, { flag: 'wx' })
        renameSync(draft, path)
      } catch (error) {
        rmSync(draft, { force: true })
        throw error
      }
      void sweepDrafts(folder())
    } catch {
      // Notes are best-effort: the disk may be full or read-only, or the user without a home.
    }
  },
}

const folder = () => join(cacheFolder(), 'measured')

/** Names may contain any characters, such as those of a driver's name. */
const pathOf = (name: string) =>
  join(folder(), `${name.replace(/[^\w.-]+/g, '-').slice(0, 100)}.json`)
