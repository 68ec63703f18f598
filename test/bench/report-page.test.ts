import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findBrowser } from '../../bench/browser/find.ts'
import { reportHtml } from '../../bench/report/html.ts'
import { hasBrowser } from '../browsers.ts'
import { temporaryFolder } from '../cli/run.ts'
import { plausibleReport } from './report.ts'

const built = existsSync(new URL('../../build/page/report.js.gz', import.meta.url))
if (!built) console.log('skipping the report in a browser: it is not built (npm run build)')
const puppeteer = await import('puppeteer-core').catch(() => undefined)
if (!puppeteer) console.log('skipping the report in a browser: puppeteer-core is not installed')
const add = built && puppeteer && hasBrowser('chromium') ? test : test.skip

/** A report with names as long as they get, and times of all sizes. */
function wideReport() {
  const plain = plausibleReport()
  return {
    ...plain,
    cases: plain.cases.map((one) => ({
      ...one,
      outcomes: one.outcomes.map((outcome) =>
        outcome.engine === 'wasm'
          ? outcome
          : { ...outcome, engine: `${outcome.engine}@1.29.0:wide` },
      ),
    })),
  }
}

add('in a window of 1200 px the page and its tables need no scrolling sideways', async () => {
  const found = await inPage(() =>
    [document.documentElement, ...document.querySelectorAll('.vr-scroll')].map((element) => ({
      what: element.getAttribute('aria-label') ?? 'page',
      over: element.scrollWidth - element.clientWidth,
    })),
  )
  assert.ok(found.length >= 2)
  for (const { what, over } of found) assert.is(over, 0, what)
})

add('cards, bars and the table say the same number for the same thing', async () => {
  const { cards, rows, labels } = await inPage(() => ({
    cards: [...document.querySelectorAll('.vr-glance li')].map((card) => ({
      time: card.querySelector('strong')!.textContent,
      engine: card.querySelector('.vr-card-engine')!.textContent,
      title: card.querySelector('.vr-card-case')!.textContent,
    })),
    rows: [...document.querySelectorAll('[aria-label="All numbers"] tbody tr')].map((row) => ({
      engine: row.querySelector('th')!.textContent,
      cells: [...row.querySelectorAll('td')].map((cell) => cell.firstChild?.textContent ?? ''),
    })),
    labels: [...document.querySelectorAll('[aria-label]')].map((one) => one.ariaLabel ?? ''),
  }))
  assert.ok(cards.length > 0)
  const numbers = (title: string | null, engine: string | null) =>
    rows.find(({ cells, engine: own }) => cells[0] === title && own === engine)!.cells
  for (const { time, engine, title } of cards) assert.is(numbers(title, engine)[2], time)
  /** What a plot says of an engine on a case: `Peak memory of the process, ViT-B/16: wasm 95.1 MB, …` */
  const said = (name: string, title: string, engine: string) => {
    const label = labels.find((text) => text.startsWith(`${name}, ${title}: `))!
    return label
      .slice(label.indexOf(': '))
      .split(/, |: /)
      .find((part) => part.startsWith(`${engine} `))!
  }
  const { title, engine } = cards[0] as { title: string; engine: string }
  const other = rows.find(({ cells, engine: own }) => cells[0] === title && own !== 'wasm')!.engine!
  assert.is(
    said('Peak memory of the process', title, engine),
    `${engine} ${numbers(title, engine)[11]}`,
  )
  const speedUp = numbers(title, other)[4]!
  assert.match(speedUp, /^\d+(\.\d+)?×$/)
  assert.ok(said('Speed-up over wasm', title, other).startsWith(`${other} ${speedUp} (`))
})

/** Shows the report in a window of 1200 px, and looks at it. */
async function inPage<T>(look: () => T): Promise<T> {
  const path = join(temporaryFolder(), 'report.html')
  writeFileSync(path, await reportHtml(wideReport()))
  const browser = await puppeteer!.launch({
    executablePath: findBrowser('chromium').program,
    args: ['--no-sandbox'],
  })
  try {
    const page = await browser.newPage()
    await page.setViewport({ width: 1200, height: 900 })
    await page.goto(pathToFileURL(path).href)
    await page.waitForSelector('.vr-scroll tbody tr')
    // Plots are drawn when they come into view; what is printed is drawn whole.
    await page.waitForSelector('[aria-label^="Peak memory"]')
    return (await page.evaluate(look)) as T
  } finally {
    await browser.close()
  }
}

test.run()
