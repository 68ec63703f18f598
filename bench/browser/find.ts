import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, isAbsolute, join, resolve } from 'node:path'
import { ArgumentError, SourceError } from '../../src/errors.ts'

/** Which flags and profile a browser understands. */
export type BrowserKind = 'chromium' | 'firefox'

export interface Browser {
  readonly kind: BrowserKind
  /** Path of the program. */
  readonly program: string
}

/** What the programs are called, the plainest first. */
const names: Readonly<Record<BrowserKind, readonly string[]>> = {
  chromium: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
  firefox: ['firefox', 'firefox-esr'],
}

/** Where they lie on systems that have no path for them. */
const places: Readonly<Record<BrowserKind, readonly string[]>> = {
  chromium: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
  firefox: [
    '/Applications/Firefox.app/Contents/MacOS/firefox',
    'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
  ],
}

/**
 * Finds a browser.
 * @param wanted `chromium` (which includes Chrome and Edge), `firefox`, or a program's path
 * @throws SourceError where none is installed, ArgumentError where the path leads nowhere
 */
export function findBrowser(wanted: string): Browser {
  if (wanted === 'chromium' || wanted === 'firefox') {
    const inPath = (process.env.PATH ?? '').split(delimiter).filter(isAbsolute)
    const candidates = names[wanted].flatMap((name) => inPath.map((folder) => join(folder, name)))
    const program = [...candidates, ...places[wanted]].find(canRun)
    if (program) return { kind: wanted, program }
    throw new SourceError(
      `There is no ${wanted} in the usual places; give the path of the program instead.`,
    )
  }
  const program = resolve(wanted)
  if (!existsSync(program)) {
    throw new ArgumentError(`There is no browser ${wanted}: chromium, firefox, or a path.`)
  }
  return { kind: /firefox/i.test(program) ? 'firefox' : 'chromium', program }
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
