import type { Browser } from 'puppeteer-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { BrowserPlan } from '../../bench/browser/plan.ts'
import { benchInBrowser } from '../../bench/browser/run.ts'
import { BenchServer } from '../../bench/browser/server.ts'
import type { Case } from '../../bench/cases/case.ts'
import { bounds } from '../../bench/drive/compare.ts'
import { parseReport } from '../../bench/report/changes.ts'
import type { Measured } from '../../bench/report/report.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { canDrive, drive, hasBrowser } from '../browsers.ts'
import { buildPage } from './page-bundle.ts'

// Real browsers without a window, each with the page as it is in the tree now.

const browsers = (['chromium', 'firefox'] as const).filter(hasBrowser)

const config = variantConfig('ViT-Ti_16', {
  gelu: 'erf',
  imageSize: [48, 64],
  width: 96,
  mlpWidth: 200,
  depth: 2,
  classes: 37,
})
const model: Case = { level: 'model', name: 'small', config, batch: 1, threads: 1 }
const product: Case = { level: 'op', name: 'product', product: [5, 48, 33], batch: 1, threads: 1 }

const plan = (engines: readonly string[], rest: Partial<BrowserPlan> = {}): BrowserPlan => ({
  cases: [model, { ...model, level: 'cold', batch: 2 }, product],
  engines,
  settings: {
    rounds: 2,
    turnSeconds: 0.01,
    warmSeconds: 0.01,
    graph: 'full',
    baseline: 'wasm',
    bounds,
  },
  timeout: 30_000,
  ...rest,
})

let page = ''
test.before(async () => {
  if (browsers.length > 0) page = await buildPage()
})

const bench = (
  browser: string,
  what: BrowserPlan,
  rest: Partial<Parameters<typeof benchInBrowser>[0]> = {},
) =>
  benchInBrowser({
    browser,
    plan: what,
    vitrine: '1.2.3',
    signal: new AbortController().signal,
    page,
    ...rest,
  })

for (const browser of browsers) {
  test(`a suite runs in ${browser}, from models to a report`, async () => {
    const told: string[] = []
    const report = await bench(browser, plan(['wasm', 'reference', 'litert@0.0.1', 'ort-node']), {
      events: { onCase: ({ bench: { name, level } }) => told.push(`${name} ${level}`) },
    })
    assert.equal(parseReport(JSON.stringify(report), 'it'), JSON.parse(JSON.stringify(report)))
    assert.equal(told, ['small model', 'small cold', 'product op'])
    assert.is(report.interrupted, false)
    assert.is(report.vitrine, '1.2.3')
    assert.is(report.machine.runtime.name, browser)
    assert.ok(Math.max(...Object.values(report.machine.ceilings)) > 1)
    for (const { bench, outcomes, calibration } of report.cases) {
      const [wasm, reference, missing, native] = outcomes
      assert.is(missing!.status, 'missing')
      assert.is(native!.status, 'unsupported')
      for (const one of [wasm, reference] as Measured[]) {
        assert.is(one.status, 'measured', JSON.stringify(one))
        assert.is(one.wall.length, 2)
        assert.ok(one.wall.flat().every((time) => time >= 0))
        assert.ok(one.difference < 1e-5)
        assert.is(one.version, '1.2.3')
        // From asking for the frame, which takes longer than the model.
        if (bench.level === 'cold') assert.ok(one.wall.flat().every((time) => time > one.first))
      }
      assert.is(calibration.length, 2)
    }
  })
}

if (browsers.length > 0) {
  const [browser] = browsers as [string]
  test('an engine that does not answer is ended, though it computes in one go', async () => {
    const slow: Case = { ...model, name: 'B', config: variantConfig('ViT-B_16', { gelu: 'erf' }) }
    const report = await bench(
      browser,
      plan(['reference'], { cases: [slow, model], timeout: 4_000 }),
    )
    const [first, second] = report.cases
    const [late] = first!.outcomes
    assert.is(late!.status, 'failed')
    assert.match((late as { reason: string }).reason, /no answer within 4 s/)
    assert.is(second!.outcomes[0]!.status, 'measured')
  })

  test('who stops it gets what was measured until then', async () => {
    const controller = new AbortController()
    const report = await bench(browser, plan(['wasm', 'reference'], { cases: [model, product] }), {
      signal: controller.signal,
      events: { onCase: () => controller.abort() },
    })
    assert.is(report.interrupted, true)
    assert.is(report.cases[0]!.outcomes[0]!.status, 'measured')
  })
}

// Chromium brings a GPU in software.
const onGpu = browsers.includes('chromium') ? test : test.skip
onGpu('kernels for GPUs, and every backend of TensorFlow.js, run in a page', async () => {
  const own = ['wasm', 'webgpu']
  const others = ['tfjs', 'tfjs-webgpu', 'tfjs-webgl', 'tfjs-wasm', 'tfjs-cpu']
  const flags = [
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--enable-unsafe-swiftshader',
  ]
  const what = plan([...own, ...others], { cases: [product] })
  const report = await bench('chromium', what, { flags })
  for (const one of report.cases[0]!.outcomes) {
    if (one.status === 'missing' && others.includes(one.engine)) {
      console.log(`skipping ${one.engine}, which is not installed`)
      continue
    }
    assert.is(one.status, 'measured', JSON.stringify(one))
    assert.ok((one as Measured).difference < 1e-5, one.engine)
  }
})

test('a browser that is none is told of', async () => {
  const failed = async (browser: string): Promise<string> =>
    bench(browser, plan(['wasm'])).then(
      () => 'nothing failed',
      (error: Error) => error.message,
    )
  assert.match(await failed('/nowhere/firefox'), /no browser \/nowhere\/firefox/)
  // It ends at once without having opened anything.
  assert.match(await failed(process.execPath), /it ended with code/)
})

for (const name of browsers.filter(canDrive)) {
  test(`the page's buttons run, stop and run again in ${name}`, async () => {
    const server = await BenchServer.start({ vitrine: '1.2.3', page })
    let browser: Browser | undefined
    try {
      browser = await drive(name)
      const tab = await browser.newPage()
      const errors: string[] = []
      tab.on('pageerror', (error) => errors.push(String(error)))
      await tab.goto(server.url)
      await tab.waitForSelector('#run:enabled')
      const isSaid = (text: string) =>
        tab.waitForFunction(
          (wanted) => document.querySelector('#status')!.textContent!.includes(wanted),
          {},
          text,
        )

      // Nothing is ticked.
      const tick = (field: string, ...values: string[]) =>
        tab.$$eval(
          `input[name=${field}]`,
          (boxes, wanted) => {
            for (const box of boxes) box.checked = wanted.includes(box.value)
          },
          values,
        )
      await tick('engine')
      await tab.click('#run')
      await isSaid('Choose')

      // Stopped while the slow one computes.
      await tick('engine', 'wasm', 'reference')
      await tick('model', 'ViT-S_32')
      await tab.focus('#run')
      await tab.keyboard.press('Enter')
      await isSaid('warming up reference')
      assert.is((await tab.$('#run:disabled')) !== null, true)
      assert.is(await tab.evaluate(() => document.activeElement!.id), 'stop')
      assert.is(await tab.$$eval('#stage iframe', ({ length }) => length), 2)
      await tab.keyboard.press('Enter')
      await isSaid('Stopped.')
      assert.is(await tab.$$eval('#stage iframe', ({ length }) => length), 0)
      assert.match(await tab.$eval('#results', ({ textContent }) => textContent!), /stopped before/)

      await tick('engine', 'wasm')
      await tab.select('select[name=level]', 'block')
      await tab.click('#run')
      await isSaid('Done.')
      const text = await tab.$eval('#results', ({ textContent }) => textContent!)
      assert.match(text, /ViT-S\/32 block/)
      assert.equal(errors, [])
    } finally {
      await browser?.close()
      await server.close()
    }
  })
}

test.run()
