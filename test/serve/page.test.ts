import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ElementHandle, Page } from 'puppeteer-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createServer } from '../../src/serve/index.ts'
import { listen } from '../../src/serve/node/index.ts'
import { loadImageText } from '../../src/text/index.ts'
import { axe, checkAccessibility } from '../accessible.ts'
import { canDrive, drive } from '../browsers.ts'
import { asNpz } from '../checkpoint/models.ts'
import { temporaryFolder } from '../cli/run.ts'
import { litTensors, tiny, unsaid, vocabularies } from '../text/tiny-lit.ts'
import { model, rocket } from './harness.ts'

const folder = temporaryFolder()
const picture = join(folder, 'rocket.jpg')
writeFileSync(picture, rocket)
const noPicture = join(folder, 'text.jpg')
writeFileSync(noPicture, 'hello')

/** The names in the list of classes, when there are so many and the status is a time. */
const classes = async (page: Page, status: RegExp): Promise<string[]> => {
  await page.waitForFunction(
    (pattern) => new RegExp(pattern).test(document.getElementById('status')!.textContent!),
    {},
    status.source,
  )
  return page.$$eval('#result .row span:first-child', (all) => all.map((one) => one.textContent!))
}

const run = canDrive('chromium') ? test : test.skip

run(
  'a person chooses a model and a picture, and sees classes; light, dark and accessible',
  async () => {
    const lit = await loadImageText(asNpz(litTensors(tiny.bert)), {
      vocabulary: vocabularies.bert,
      config: unsaid.bert,
      threads: 1,
      wide: false,
    })
    const server = createServer({ ti: await model(), lit }, { warmUp: 0 })
    await server.ready()
    const { url, close } = await listen(server, { port: 0 })
    const browser = await drive('chromium')
    try {
      const page = await browser.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(String(error)))
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text())
      })
      await page.goto(url, { waitUntil: 'networkidle0' })
      const file = (await page.$('input[type=file]')) as ElementHandle<HTMLInputElement>
      await file.uploadFile(picture)
      const [first, ...more] = await classes(page, / ms$/)
      assert.is(first, 'drilling platform, offshore rig')
      assert.is(more.length, 4)
      // The page's policy lets no script in but its own; what drives the page may do more.
      const inject = async () => {
        const session = await page.createCDPSession()
        await session.send('Runtime.evaluate', { expression: axe })
      }
      for (const value of ['light', 'dark']) {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }])
        await checkAccessibility(page, value, inject)
      }
      assert.equal(errors, [])
      await page.select('#model', 'lit')
      await page.waitForSelector('#words:not([hidden])')
      const labels = await classes(page, / ms$/)
      assert.equal([...labels].sort(), ['a cat', 'a dog', 'a rocket'])
      await page.select('#model', 'ti')
      await file.uploadFile(noPicture)
      assert.equal(await classes(page, /not an image/), [])
    } finally {
      await browser.close()
      await close(0)
      server.dispose()
      lit.dispose()
    }
  },
)

test.run()
