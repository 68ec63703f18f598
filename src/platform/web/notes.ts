import type { Notes } from '../platform.ts'

/** Pages only: workers have no localStorage, and Node warns when it is accessed. */
const storage = () => (typeof document === 'object' ? globalThis.localStorage : undefined)

export const notes: Notes = {
  recall(name) {
    try {
      return storage()?.getItem(`vitrine ${name}`) ?? undefined
    } catch {
      return undefined
    }
  },
  remember(name, text) {
    try {
      storage()?.setItem(`vitrine ${name}`, text)
    } catch {
      // The page may lack space or permission.
    }
  },
}
