import { readFileSync } from 'node:fs'
import type { Page } from 'puppeteer-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../src/checkpoint/plan/metadata.ts'
import { official as officialHybrid } from '../../src/families/hybrid/names/official.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'
import { hybridTensors, smallHybrid } from '../checkpoint/networks.ts'
import {
  answered,
  drop,
  isAccessible,
  pixelsOf,
  playgroundTest,
  textOf,
} from './playground-page.ts'
import type { Site } from './site.ts'

/** A model of five classes, which says all of itself. */
const labels = ['ant', 'bee', 'cat', 'dog', 'eel']
const small = await asSafetensors(
  tensorsOf(timm, smallConfig),
  ownMetadata({ config: smallConfig, recipe: 'official', labels }),
)

const hybrid = await asSafetensors(
  hybridTensors(officialHybrid),
  ownMetadata({ config: smallHybrid, recipe: 'official', labels }),
)

playgroundTest(
  'the playground',
  async (page, site) => {
    await classifies(page)
    await switchesToIntegers(page)
    await showsAttention(page)
    await showsWhatItLearnt(page)
    await ordersSimilar(page)
    await loadsPublished(page, site)
    await keepsCheckpoint(page)
    await showsHybrid(page)
    await usesCamera(page)
    await worksOffline(page, site)
  },
  new Map([['/mirror/org/small/model.safetensors', small]]),
)

async function classifies(page: Page): Promise<void> {
  await answered(page, 'Egyptian cat')
  const first = await textOf(page, '.bars li:first-child .value')
  assert.ok(Math.abs(Number.parseFloat(first) - 73.3) <= 1, first)
  assert.is(await page.$$eval('.bars li', (rows) => rows.length), 5)
  assert.match(await textOf(page, '[role=status]'), /Egyptian cat, 73\.\d %/)
  await isAccessible(page, 'classify')
  await page.click('.thumbnail:nth-child(2) input')
  await answered(page, 'espresso')
  await page.click('.thumbnail:nth-child(1) input')
  await answered(page, 'Egyptian cat')
}

async function switchesToIntegers(page: Page): Promise<void> {
  for (const runtime of ['int8', 'int16', 'f32']) {
    await page.click(`.runtime input[value=${runtime}]`)
    await page.waitForFunction(
      (runtime) => {
        const row = document.querySelector(`.runtime:has(input[value=${runtime}]:checked)`)
        return / m?s$/.test(row?.querySelector('.value')?.textContent ?? '')
      },
      {},
      runtime,
    )
    await answered(page, 'Egyptian cat')
    const share = Number.parseFloat(await textOf(page, '.bars li:first-child .value'))
    assert.ok(Math.abs(share - 73.3) <= (runtime === 'int8' ? 5 : 1), `${runtime}: ${share}`)
  }
}

async function showsAttention(page: Page): Promise<void> {
  await page.click('nav a[href="#attention"]')
  await page.waitForSelector('.darkness')
  // Twelve layers of three heads and their mean.
  assert.is(await page.$$eval('.head canvas', (cells) => cells.length), 48)
  const rollout = await pixelsOf(page, '.darkness')
  assert.ok(new Set(rollout).size > 20)
  await isAccessible(page, 'attention')
  await page.focus('input[aria-label="Layer 9, head 2"]')
  await page.keyboard.press(' ')
  await page.waitForSelector('input[aria-label="Layer 9, head 2"]:checked')
  assert.not.equal(await pixelsOf(page, '.darkness'), rollout)
  // A patch attends to others than the class token does.
  const byClass = await pixelsOf(page, '.darkness')
  await page.focus('.grid-cursor')
  await page.keyboard.press('ArrowLeft')
  await page.waitForSelector('.grid-cursor[aria-valuetext="row 8, column 7"]')
  await page.waitForFunction(
    (before) => {
      const canvas = document.querySelector<HTMLCanvasElement>('.darkness')!
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      return [...data].join() !== before.join()
    },
    {},
    byClass,
  )
  await page.keyboard.press('Escape')
  await page.waitForSelector('.grid-cursor[aria-valuetext="the class token"]')
}

async function showsWhatItLearnt(page: Page): Promise<void> {
  await page.click('nav a[href="#learnt"]')
  await page.waitForSelector('.figures')
  const sizes = await page.$$eval('.plate canvas', (all) =>
    (all as HTMLCanvasElement[]).map(({ width, height }) => [width, height]),
  )
  // 28 components in 4 rows, 192 filters in 8 rows, 14 x 14 tiles of 14 x 14.
  const side = (count: number, pixels: number) => count * (pixels + 1) - 1
  assert.equal(sizes, [
    [side(7, 16), side(4, 16)],
    [side(24, 16), side(8, 16)],
    [side(14, 14), side(14, 14)],
  ])
  assert.ok(new Set(await pixelsOf(page, '.plate canvas')).size > 100)
  await isAccessible(page, 'learnt')
}

const coffee = readFileSync(new URL('../../examples/coffee.png', import.meta.url))

async function ordersSimilar(page: Page): Promise<void> {
  await page.click('nav a[href="#similar"]')
  const names = () =>
    page.$$eval('.similar button', (rows) =>
      rows.map((row) => row.querySelector('.name')!.textContent!),
    )
  const complete = (count: number, first: string) =>
    page.waitForFunction(
      (count, first) => {
        const rows = document.querySelectorAll('.similar button')
        const isFirst = rows[0]?.querySelector('.name')?.textContent === first
        return rows.length === count && isFirst && !document.querySelector('[aria-busy=true]')
      },
      {},
      count,
      first,
    )
  await complete(4, 'chelsea.png')
  assert.is(await textOf(page, '.similar [aria-current] .value'), '1.00')
  const values = await page.$$eval('.similar .value', (all) =>
    all.map(({ textContent }) => Number(textContent)),
  )
  assert.equal(
    values,
    [...values].sort((a, b) => b - a),
  )
  assert.ok(values[1]! < 0.95, String(values))
  await isAccessible(page, 'similar')

  // By keyboard: the picture is shown, and the focus stays on its button.
  const [, second] = await names()
  await page.focus('.similar li:nth-child(2) button')
  await page.keyboard.press('Enter')
  await complete(4, second!)
  await page.waitForFunction(() => document.activeElement?.getAttribute('aria-current') === 'true')
  assert.match(await textOf(page, '[role=status]'), new RegExp(`^Most similar to ${second}: `))

  // The same picture under another name is the most similar.
  await drop(page, 'again.png', coffee, 'image/png')
  await complete(5, 'again.png')
  const [, twin] = await names()
  assert.is(twin, 'coffee.png')
  assert.is(await textOf(page, '.similar li:nth-child(2) .value'), '1.00')
  assert.match(
    await textOf(page, '[role=status]'),
    /^Most similar to again\.png: coffee\.png, 1\.00$/,
  )
  const remove = await page.waitForSelector('::-p-xpath(//button[contains(., "Remove")])')
  await remove!.click()
  await page.waitForFunction(() => document.querySelectorAll('.similar button').length === 4)
  await page.click('.thumbnail:nth-child(1) input')
  await complete(4, 'chelsea.png')
}

/** The size is said before anything is fetched. */
async function loadsPublished(page: Page, site: Site): Promise<void> {
  await page.click('nav a[href="#classify"]')
  await page.click('.model-button')
  await page.waitForFunction(() => /Get \d+ MB/.test(document.querySelector('dialog')!.innerText))
  await isAccessible(page, 'models')
  await page.type('.search', 'hf:org/small')
  const isFetched = () => site.requests.some((line) => /^GET \/mirror\/.*safetensors/.test(line))
  const button = () => page.$('section[aria-labelledby=published] .rows button')
  await (await button())!.click()
  await page.waitForFunction(() => /Get \d+ kB/.test(document.querySelector('dialog')!.innerText))
  assert.not(isFetched())
  await (await button())!.click()
  await page.waitForFunction(() =>
    /hf:org\/small/.test(document.querySelector('.model-button')!.textContent!),
  )
  await answered(page, labels)
  assert.ok(isFetched())
}

async function keepsCheckpoint(page: Page): Promise<void> {
  await drop(page, 'notes.txt', new TextEncoder().encode('no checkpoint'))
  await page.waitForSelector('[role=alert]')
  assert.match(await textOf(page, '[role=alert]'), /notes\.txt can’t be loaded/)
  await page.click('[aria-label="Close this message"]')

  await drop(page, 'insects.safetensors', small)
  await page.click('.model-button')
  await page.waitForSelector('[aria-label="Delete insects.safetensors"]')
  await page.reload()
  await answered(page, 'Egyptian cat')
  await page.click('.model-button')
  await page.waitForSelector('[aria-label="Delete insects.safetensors"]')
  assert.match(await textOf(page, 'section[aria-labelledby=files]'), /\d+ kB, kept/)
  const use = '[aria-label="Delete insects.safetensors"] + button'
  await page.click(use)
  await page.waitForFunction(() =>
    /insects/.test(document.querySelector('.model-button .title')!.textContent!),
  )
  await answered(page, labels)
  await page.click('.model-button')
  await page.waitForSelector(use)
  await page.click('[aria-label="Delete insects.safetensors"]')
  await page.waitForFunction((use) => !document.querySelector(use), {}, use)
  await page.click('section[aria-labelledby=embedded] button')
  await answered(page, 'Egyptian cat')
}

/** Another family: its patches are cut from features. */
async function showsHybrid(page: Page): Promise<void> {
  await drop(page, 'hybrid.safetensors', hybrid)
  await answered(page, labels)
  await page.click('nav a[href="#attention"]')
  await page.waitForSelector('.distances .dot')
  await page.click('.model-button')
  await page.waitForSelector('[aria-label="Delete hybrid.safetensors"]')
  assert.match(await textOf(page, 'dialog'), /48 × 48 px, in patches of 16 × 16/)
  await page.click('section[aria-labelledby=embedded] button')
  await page.click('nav a[href="#classify"]')
  await answered(page, 'Egyptian cat')
}

async function usesCamera(page: Page): Promise<void> {
  // The stage takes the camera's shape when its first frame comes, which moves the buttons under a pointer.
  const press = async (text: string) => {
    const button = await page.waitForSelector(`::-p-xpath(//button[contains(., "${text}")])`)
    await button!.evaluate((element) => (element as HTMLButtonElement).click())
  }
  await press('Camera')
  await page.waitForSelector('video')
  await press('Take picture')
  await page.waitForSelector('.thumbnail img[alt="camera.png"]')
  await press('Remove')
  await answered(page, 'Egyptian cat')
}

async function worksOffline(page: Page, site: Site): Promise<void> {
  await page.waitForFunction(() =>
    /works offline/.test(document.querySelector('footer')!.textContent!),
  )
  site.stop()
  await page.goto(site.url)
  await answered(page, 'Egyptian cat')
  // The service worker adds the headers that the site did not send.
  assert.ok(await page.evaluate(() => crossOriginIsolated))
  await page.click('.runtime input[value=int8]')
  await page.waitForFunction(() =>
    / m?s$/.test(
      document.querySelector('.runtime:has(input[value=int8]:checked) .value')?.textContent ?? '',
    ),
  )
  await page.click('nav a[href="#attention"]')
  await page.waitForSelector('.darkness')
  await page.click('nav a[href="#learnt"]')
  await page.waitForSelector('.figures')
}

test.run()
