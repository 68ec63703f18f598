import { type BrowserKind, findBrowser } from '../bench/browser/find.ts'

/** Whether a browser is installed; if not, tests in it are skipped, with the reason printed. */
export function hasBrowser(kind: BrowserKind): boolean {
  try {
    findBrowser(kind)
    return true
  } catch (error) {
    console.log(`skipping ${kind}: ${(error as Error).message}`)
    return false
  }
}
