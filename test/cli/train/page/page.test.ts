import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'puppeteer-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { runHtml } from '../../../../src/cli/train/page/html.ts'
import { apply, emptyRecord } from '../../../../src/cli/train/page/messages.ts'
import { PageServer } from '../../../../src/cli/train/page/server.ts'
import { axe, checkAccessibility } from '../../../accessible.ts'
import { canDrive, drive } from '../../../browsers.ts'
import { evaluated, evil, messagesOfRun, recordOf } from './made.ts'

const built = existsSync(new URL('../../../../build/page/training.js.gz', import.meta.url))
if (!built) console.log('skipping the page of a run, which is not built (npm run build)')
const withScript = built ? test : test.skip
const inBrowser = built && canDrive('chromium') ? test : test.skip

withScript('names of files and classes are never markup, and go through unchanged', async () => {
  const record = recordOf(await messagesOfRun())
  const html = await runHtml(evil, record)
  const [, text] = /<script type="application\/json"[^>]*>(.*?)<\/script/s.exec(html)!
  assert.equal(JSON.parse(text!), JSON.parse(JSON.stringify({ title: evil, record })))
  assert.is(html.match(/<\/script/g)!.length, 2)
  assert.not.match(html.replace(/<script[^>]*>.*?<\/script>/gs, ''), /<img|<script|alert\(1\)<\//)
})

withScript('a page that is kept asks for nothing; a live one only its own server', async () => {
  const policyOf = (html: string) => /Content-Security-Policy" content="([^"]+)"/.exec(html)![1]!
  const kept = await runHtml('photos', emptyRecord())
  assert.match(policyOf(kept), /^default-src 'none'; script-src 'sha256-[\w+/]{43}=';/)
  assert.not.match(policyOf(kept), /connect-src/)
  assert.match(policyOf(await runHtml('photos')), /connect-src 'self'$/)
  assert.ok(Buffer.byteLength(kept) < 90_000, `${Buffer.byteLength(kept)} bytes`)
})

/** A page of a browser; its errors fail the test. */
async function withPage(use: (page: Page, browser: Browser) => Promise<void>): Promise<void> {
  const browser = await drive('chromium', { protocolTimeout: 170_000 })
  const errors: string[] = []
  try {
    const page = await browser.newPage()
    await page.setViewport({ width: 1280, height: 900 })
    page.on('dialog', (dialog) => {
      errors.push(`a dialog: ${dialog.message()}`)
      dialog.dismiss().catch(() => {})
    })
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    page.on('pageerror', (error) => errors.push(String(error)))
    await use(page, browser)
    assert.equal(errors, [])
  } finally {
    await browser.close()
  }
}

inBrowser('a report opens from the disk, shows all there is, and is accessible', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-page-'))
  try {
    const record = recordOf(await messagesOfRun())
    apply(record, {
      type: 'evaluation',
      evaluation: { ...(await evaluated(6, 80)), split: 'test' },
    })
    apply(record, { type: 'end', how: 'finished' })
    const path = join(folder, 'report.html')
    writeFileSync(path, await runHtml('photos', record))
    await withPage(async (page) => {
      for (const scheme of ['light', 'dark']) {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
        await page.goto(pathToFileURL(path).href)
        await page.waitForSelector('.vt-curve.vt-main')
        await isAccessible(page, scheme)
      }
      await showsRun(page)
      await isKeyboardAccessible(page)
      await page.setViewport({ width: 360, height: 800 })
      await page.waitForFunction(() => document.querySelector('.vt-plot svg')!.clientWidth < 360)
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      assert.ok(width <= 360, `${width} pixels wide`)
      await isAccessible(page, 'narrow')
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

async function showsRun(page: Page): Promise<void> {
  assert.is(await page.$eval('h1', (title) => title.textContent), 'photos')
  assert.is(await page.$eval('.vt-phase', (phase) => phase.textContent), 'Finished')
  const curves = await page.$$eval('.vt-curve', (paths) =>
    paths.map((path) => path.getAttribute('d')!.split(/[ML]/).length - 1),
  )
  assert.equal(curves, [40, 40, 2, 2, 40, 40, 40])
  assert.is(await page.$$eval('.vt-matrix tbody tr', (rows) => rows.length), 6)
  const cells = await page.$$eval('.vt-matrix tbody td', (all) =>
    all.reduce((sum, cell) => sum + Number(cell.textContent), 0),
  )
  assert.is(cells, 80, 'the test pictures')
  const recall = await page.$$eval('.vt-classes tbody tr', (rows) =>
    rows.map((row) => Number.parseFloat(row.querySelectorAll('td')[1]!.textContent!)),
  )
  assert.equal(
    recall,
    recall.toSorted((a, b) => a - b),
    'the worst class first',
  )
  const pictures = await page.$$eval('.vt-mistakes img', (images) =>
    images.map((image) => [image.naturalWidth, image.naturalHeight]),
  )
  assert.ok(pictures.length > 10)
  assert.equal(new Set(pictures.map(String)), new Set(['16,11']))
  const shown = await page.$eval('main', (main) => main.textContent!)
  assert.ok(shown.includes(`bee ${evil}`) && shown.includes(`photos/${evil}.png`))
  assert.is(await page.$$eval('script, img[src="x"]', (all) => all.length), 2)
}

async function isKeyboardAccessible(page: Page): Promise<void> {
  const sliderValue = () =>
    page.$eval('.vt-plot', (plot) => [
      plot.getAttribute('aria-valuenow'),
      plot.getAttribute('aria-valuetext'),
    ])
  await page.focus('.vt-plot')
  await page.keyboard.press('Home')
  const [now, text] = await sliderValue()
  assert.is(now, '1')
  assert.match(text!, /^update 1: each [\d.]+, training [\d.]+, held out 0\.8$/)
  await page.keyboard.press('ArrowRight')
  assert.is((await sliderValue())[0], '2')
  assert.is(await page.$$eval('.vt-cross', (lines) => lines.length), 1)
  await page.focus('input[type=range]')
  const before = await page.$eval('.vt-curve.vt-main', (path) => path.getAttribute('d'))
  await page.keyboard.press('ArrowLeft')
  assert.is.not(await page.$eval('.vt-curve.vt-main', (path) => path.getAttribute('d')), before)
  const all = await page.$$eval('.vt-mistakes li', (cards) => cards.length)
  await page.focus('.vt-pair')
  await page.keyboard.press('Enter')
  const some = await page.$$eval('.vt-mistakes li', (cards) => cards.length)
  assert.ok(some > 0 && some < all)
  await page.focus('.vt-note .vt-button')
  await page.keyboard.press('Enter')
  assert.is(await page.$$eval('.vt-mistakes li', (cards) => cards.length), all)
  await page.focus('input[value=validation]')
  await page.keyboard.press('Space')
  assert.is(await page.$eval('#vt-evaluation', (title) => title.textContent), 'Held-out pictures')
  assert.is(await page.evaluate(() => document.activeElement?.getAttribute('value')), 'validation')
}

inBrowser('a live page follows a run, and connects again', async () => {
  const messages = await messagesOfRun()
  const record = emptyRecord()
  const html = await runHtml('photos')
  const options = { html, snapshot: () => record }
  let server = await PageServer.open({ port: undefined, ...options })
  const tell = (from: number, to: number) => {
    for (const message of messages.slice(from, to)) {
      apply(record, message)
      server.send(message)
    }
  }
  const shows = (page: Page, detail: string) =>
    page.waitForFunction(
      (detail) => document.querySelector('.vt-detail')!.textContent!.startsWith(detail),
      {},
      detail,
    )
  try {
    await withPage(async (page, browser) => {
      // The connection that is lost is said in the console.
      page.removeAllListeners('console')
      await page.goto(server.url)
      await shows(page, 'update 0 of 1')
      tell(0, 11)
      await shows(page, 'update 10 of 60, 50 s left')
      await isAccessible(page, 'without an evaluation')
      const port = Number(new URL(server.url).port)
      await server.close()
      await page.waitForFunction(
        () => document.querySelector('.vt-phase')!.textContent === 'Connection lost',
      )
      for (const message of messages.slice(11, 31)) apply(record, message)
      server = await PageServer.open({ port, ...options })
      await shows(page, 'update 28 of 60')
      tell(31, messages.length)
      await shows(page, 'update 40 of 60')
      await page.waitForSelector('.vt-matrix')
      // A page that is opened later shows the same.
      const other = await browser.newPage()
      await other.goto(server.url)
      await shows(other, 'update 40 of 60')
      assert.is(
        await other.$eval('.vt-matrix', (table) => table.textContent),
        await page.$eval('.vt-matrix', (table) => table.textContent),
      )
      await other.close()
      const end = { type: 'end', how: 'stopped', reason: `NaN ${evil}` } as const
      apply(record, end)
      server.send(end)
      await page.waitForFunction(
        () => document.querySelector('.vt-phase')!.textContent === 'Stopped',
      )
    })
  } finally {
    await server.close()
  }
})

/** The page's policy lets no other script in. */
async function injectBesidePolicy(page: Page): Promise<void> {
  const session = await page.createCDPSession()
  await session.send('Runtime.evaluate', { expression: axe })
  await session.detach()
}

const isAccessible = (page: Page, view: string) =>
  checkAccessibility(page, view, injectBesidePolicy)

test.run()
