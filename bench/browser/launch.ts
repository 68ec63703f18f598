import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserKind } from './find.ts'
import { guardGroup } from './guard.ts'

/** A profile for one run: nothing is asked, updated, reported or kept warm beside the measurement. */
const firefoxPrefs = {
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.tabs.firefox-view': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'datareporting.healthreport.uploadEnabled': false,
  'dom.ipc.processPrelaunch.enabled': false,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'services.settings.server': 'data:,',
}

const flags: Readonly<Record<BrowserKind, (profile: string) => readonly string[]>> = {
  chromium: (profile) => [
    '--headless=new',
    `--user-data-dir=${profile}`,
    '--no-first-run',
    '--no-default-browser-check',
    '--disable-background-networking',
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--disable-component-update',
    '--disable-extensions',
    '--disable-renderer-backgrounding',
    '--disable-sync',
    '--password-store=basic',
    '--use-mock-keychain',
    // The sandbox does not start for root, as which containers run.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ],
  firefox: (profile) => ['--headless', '--no-remote', '--profile', profile],
}

/** A browser without a window that shows one page. */
export interface Launched {
  /** Why it ended, if it did so by itself. */
  readonly ended: Promise<string>
  /** Ends it and removes its profile. */
  kill(): Promise<void>
}

/**
 * Starts a browser with a profile of its own. Nothing drives the browser, so the page that it opens
 * has to work by itself.
 * @param more flags besides ours
 */
export function launch({ kind, program }: Browser, url: string, more: readonly string[]): Launched {
  const profile = mkdtempSync(join(tmpdir(), 'vitrine-browser-'))
  if (kind === 'firefox') {
    const lines = Object.entries(firefoxPrefs).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    )
    writeFileSync(join(profile, 'user.js'), lines.join(''))
  }
  const child = spawn(program, [...flags[kind](profile), ...more, url], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // A group of its own, so that what it starts ends with it.
    detached: process.platform !== 'win32',
  })
  let errors = ''
  child.stderr.on('data', (text: Buffer) => {
    errors = (errors + text).slice(-10_000)
  })
  const stop = () => killGroup(child)
  process.once('exit', stop)
  const release = child.pid === undefined ? () => {} : guardGroup(child.pid)
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`it could not be started: ${error.message}`))
    child.once('close', (code, signal) => {
      const last = errors.trim().split('\n').at(-1)
      resolve(`it ended with ${signal ?? `code ${code}`}${last ? `: ${last}` : ''}`)
    })
  })
  return {
    ended,
    async kill() {
      process.off('exit', stop)
      killGroup(child)
      await ended
      release()
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
    },
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL')
  } catch {
    // It is gone.
  }
}
