import type { Browser, LaunchOptions } from 'puppeteer-core'
import { type BrowserKind, findBrowser } from '../bench/browser/find.ts'
import { guardGroup } from '../bench/browser/guard.ts'

const puppeteer = await import('puppeteer-core').catch(() => undefined)

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

/** Whether tests can drive a browser; if not, they are skipped, with the reason printed. */
export function canDrive(kind: BrowserKind): boolean {
  if (puppeteer) return hasBrowser(kind)
  console.log(`skipping ${kind}: puppeteer-core is not installed`)
  return false
}

/** A browser that a test drives, and that does not outlive the test, whatever ends it. */
export async function drive(kind: BrowserKind, options: LaunchOptions = {}): Promise<Browser> {
  const browser = await puppeteer!.launch({
    browser: kind === 'firefox' ? 'firefox' : 'chrome',
    executablePath: findBrowser(kind).program,
    args: kind === 'chromium' ? ['--no-sandbox'] : [],
    ...options,
  })
  const release = guardGroup(browser.process()!.pid!)
  browser.once('disconnected', release)
  return browser
}
