import type { Page } from 'puppeteer-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { answered, isAccessible, playgroundTest, textOf } from './playground-page.ts'

/** Photographs of the other views, by the class that they become. */
const photographs = { cat: 'chelsea', coffee: 'coffee' } as const

playgroundTest('training in the playground', async (page) => {
  await answered(page, 'Egyptian cat')
  await page.click('nav a[href="#train"]')
  await page.waitForSelector('.training')
  await ready(page)
  assert.match(await textOf(page, '.training .lead'), /Nothing is uploaded/)
  for (const [label, photograph] of Object.entries(photographs)) {
    await page.type('input[aria-label="Name of a new class"]', label)
    await page.keyboard.press('Enter')
    await page.waitForSelector(`[data-class="${label}"]`)
    await dropSquares(page, `[data-class="${label}"]`, photograph, 6)
    await page.waitForFunction(
      (label) => document.querySelectorAll(`[data-class="${label}"] .samples img`).length === 6,
      {},
      label,
    )
    await ready(page)
  }
  await press(page, 'Train')
  await page.waitForFunction(() =>
    /100\.0 %/.test(document.querySelector('.verdict')!.textContent!),
  )
  await ready(page)
  // Of two classes one picture each is held out.
  assert.match(await textOf(page, '.training'), /of 2 pictures that were held out are right/)
  assert.is(await page.$$eval('.confusion td', (cells) => cells.length), 4)
  await isAccessible(page, 'train')
  await tries(page, 'coffee')
  await removesPicture(page)
  await comesBack(page)
  await learnsFromCamera(page)
  await press(page, 'Use it in all rooms')
  await answered(page, 'cat')
  await page.click('nav a[href="#train"]')
  await press(page, 'Forget everything')
  await page.waitForFunction(() => !document.querySelector('[data-class]'))
})

async function tries(page: Page, label: keyof typeof photographs): Promise<void> {
  const file = new URL(`../../examples/${photographs[label]}.png`, import.meta.url)
  const input = await page.$('input[aria-label="A picture to try"]')
  await (input as import('puppeteer-core').ElementHandle<HTMLInputElement>).uploadFile(
    file.pathname,
  )
  await page.waitForSelector('.trial .bars li')
  assert.is(await textOf(page, '.trial .bars li:first-child .name'), label)
}

async function removesPicture(page: Page): Promise<void> {
  await page.click('[aria-label="Remove a picture of coffee"]')
  await page.waitForFunction(
    () => document.querySelectorAll('[data-class=coffee] .samples img').length === 5,
  )
  await ready(page)
}

/** After another visit all is there again, and more can be added. */
async function comesBack(page: Page): Promise<void> {
  await page.reload()
  await page.waitForSelector('[data-class=coffee]')
  await ready(page)
  const count = (label: string) =>
    page.$$eval(`[data-class=${label}] .samples img`, (images) => images.length)
  assert.equal([await count('cat'), await count('coffee')], [6, 5])
  await tries(page, 'cat')
}

async function learnsFromCamera(page: Page): Promise<void> {
  await press(page, 'Turn it on')
  await press(page, 'Take picture of coffee')
  await page.waitForFunction(
    () => document.querySelectorAll('[data-class=coffee] .samples img').length === 6,
  )
  await ready(page)
  await press(page, 'Turn it off')
  await page.waitForFunction(() => !document.querySelector('.training video'))
}

/** Waits until nothing is being done. */
const ready = (page: Page) =>
  page.waitForFunction(() => !document.querySelector('.training progress'))

async function press(page: Page, text: string): Promise<void> {
  const button = await page.waitForSelector(
    `::-p-xpath(//button[starts-with(normalize-space(.), "${text}") and not(@disabled)])`,
  )
  await button!.evaluate((element) => (element as HTMLButtonElement).click())
}

/** Drops squares of one of the page's own photographs. */
async function dropSquares(
  page: Page,
  selector: string,
  photograph: string,
  count: number,
): Promise<void> {
  await page.evaluate(
    async (selector, photograph, count) => {
      const urls = performance.getEntriesByType('resource').map(({ name }) => name)
      const url = urls.find((name) => name.includes(`/${photograph}`))!
      const picture = await createImageBitmap(await (await fetch(url)).blob())
      const data = new DataTransfer()
      for (let i = 0; i < count; i++) {
        const canvas = new OffscreenCanvas(200, 200)
        const left = ((picture.width - 200) * i) / count
        canvas.getContext('2d')!.drawImage(picture, -left, -(picture.height - 200) / 2)
        const blob = await canvas.convertToBlob()
        data.items.add(new File([blob], `${photograph}-${i}.png`, { type: 'image/png' }))
      }
      const event = { dataTransfer: data, bubbles: true, cancelable: true }
      document.querySelector(selector)!.dispatchEvent(new DragEvent('drop', event))
    },
    selector,
    photograph,
    count,
  )
}

test.run()
