import { existsSync } from 'node:fs'
import type { LaunchOptions, Page } from 'puppeteer-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BrowserKind } from '../../bench/browser/find.ts'
import { checkAccessibility } from '../accessible.ts'
import { canDrive, drive } from '../browsers.ts'
import { type Site, serveSite } from './site.ts'

const folder = new URL('../../examples/playground/dist/', import.meta.url)
const isBuilt = existsSync(new URL('index.html', folder))
if (!isBuilt) {
  console.log(
    'skipping the playground: it is not built; npm ci --prefix examples/playground --ignore-scripts && npm run build --prefix examples/playground',
  )
}

const starts: Readonly<Record<BrowserKind, LaunchOptions>> = {
  chromium: {
    args: ['--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
  },
  firefox: {
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
    },
  },
}

/** Firefox reports a request, without its address, when its page is left before the service worker has answered. */
const wasLeft = /^Error: Failed to load ‘’\. A ServiceWorker intercepted the request/

/**
 * A test of the built playground in both browsers, each with a profile of its own. What the page says as an error fails it.
 * @param more files beside the page's, by their paths
 */
export function playgroundTest(
  name: string,
  run: (page: Page, site: Site) => Promise<void>,
  more: ReadonlyMap<string, Uint8Array> = new Map(),
): void {
  for (const kind of ['chromium', 'firefox'] as const) {
    const add = isBuilt && canDrive(kind) ? test : test.skip
    add(`${name} in ${kind}`, async () => {
      const site = await serveSite(folder, more)
      const browser = await drive(kind, { ...starts[kind], protocolTimeout: 120_000 })
      const errors: string[] = []
      try {
        const page = await browser.newPage()
        await page.setViewport({ width: 1280, height: 900 })
        page.on('console', (message) => {
          if (message.type() === 'error') errors.push(message.text())
        })
        page.on('pageerror', (error) => {
          if (!wasLeft.test(String(error))) errors.push(String(error))
        })
        await page.goto(`${site.url}?hub=${encodeURIComponent(`${site.url}mirror`)}`)
        await run(page, site)
        assert.equal(errors, [])
      } catch (error) {
        if (errors.length > 0) console.log(`${kind} said: ${errors.join('\n')}`)
        throw error
      } finally {
        await browser.close()
        site.stop()
      }
    })
  }
}

/** Waits until the page names this class, or one of these. */
export async function answered(page: Page, label: string | readonly string[]): Promise<void> {
  await page.waitForFunction(
    (labels) => labels.includes(document.querySelector('.verdict')?.textContent ?? ''),
    {},
    [label].flat(),
  )
}

export const textOf = (page: Page, selector: string) =>
  page.$eval(selector, (element) => element.textContent ?? '')

export const pixelsOf = (page: Page, selector: string) =>
  page.$eval(selector, (element) => {
    const canvas = element as HTMLCanvasElement
    const { width, height } = canvas
    return [...canvas.getContext('2d')!.getImageData(0, 0, width, height).data]
  })

/** Drops a file on the page, as a file manager does. */
export async function drop(page: Page, name: string, bytes: Uint8Array, type = ''): Promise<void> {
  await page.evaluate(
    (name, base64, type) => {
      const data = new DataTransfer()
      const content = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
      data.items.add(new File([content], name, { type }))
      const event = { dataTransfer: data, bubbles: true, cancelable: true }
      document.body.dispatchEvent(new DragEvent('dragover', event))
      document.body.dispatchEvent(new DragEvent('drop', event))
    },
    name,
    Buffer.from(bytes).toString('base64'),
    type,
  )
}

export async function isAccessible(page: Page, view: string): Promise<void> {
  // What fades in has less contrast meanwhile.
  await page.waitForFunction(
    () =>
      !document.querySelector('[aria-busy=true]') &&
      document.getAnimations().every(({ playState }) => playState !== 'running'),
  )
  await checkAccessibility(page, view)
}
