import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Case } from '../../bench/cases/case.ts'
import { bounds, compare } from '../../bench/drive/compare.ts'
import { NodeHost } from '../../bench/drive/node-host.ts'
import { type EngineSpec, parseEngine } from '../../bench/engine/spec.ts'
import { locate } from '../../bench/install/packages.ts'
import { peers } from '../../bench/peers/registry.ts'
import type { Settings } from '../../bench/report/report.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { useCache } from '../cache.ts'
import { testUnless } from '../obstacle.ts'
import '../software-gpus.ts'
import { families } from './families.ts'

// Real engines, each in a process of its own, on models that are small enough for a test.

const config = variantConfig('ViT-Ti_16', {
  gelu: 'erf',
  imageSize: [48, 64],
  width: 96,
  mlpWidth: 200,
  depth: 2,
  classes: 37,
})
const model: Case = { level: 'model', name: 'small', config, batch: 1, threads: 1 }
const block: Case = { ...model, level: 'block', name: 'small block' }
const product: Case = {
  level: 'op',
  name: 'product',
  product: [5, 48, 33],
  batch: 1,
  threads: 1,
}

const settings: Settings = {
  rounds: 2,
  turnSeconds: 0.01,
  warmSeconds: 0.01,
  graph: 'full',
  baseline: 'wasm',
  bounds,
}

const quiet = new AbortController().signal

async function measure(bench: Case, names: readonly string[], timeout = 120_000) {
  const { host } = await NodeHost.start({ node: process.execPath, graph: 'full', timeout })
  try {
    const engines = names.map(parseEngine)
    const plan = { bench, engines, settings, signal: quiet, onProgress() {} }
    return (await compare(plan, host)).engines
  } finally {
    host.dispose()
  }
}

for (const bench of [model, block, product, { ...model, batch: 3 }]) {
  const what = `${bench.level}, batch ${bench.batch}`
  test(`our backends compute the same in their own processes: ${what}`, async () => {
    const engines = await measure(bench, ['reference', 'wasm', 'wasm:simd8'])
    for (const { engine, failure, difference, wall, cpu, peakBytes, loaded } of engines) {
      assert.is(failure, undefined, `${engine.peer}: ${failure?.reason}`)
      assert.ok(difference! < 1e-5, `${engine.peer}: ${difference}`)
      assert.is(wall.length, 2)
      assert.is(cpu.length, 2)
      assert.ok(wall.flat().every((time) => time > 0))
      assert.ok(peakBytes! > 1e6)
      assert.ok(loaded!.outputs.length > 0)
    }
  })
}

test('a cold start is a new process each time, from its start to the first answer', async () => {
  const [wasm] = await measure({ ...model, level: 'cold' }, ['wasm', 'reference'])
  assert.is(wasm!.failure, undefined)
  assert.is(wasm!.wall.length, 2)
  // The process alone, before it loads anything, takes longer than the model.
  assert.ok(wasm!.wall.flat().every((time) => time > wasm!.loaded!.load))
})

test('what is not installed, and who does not answer, is a row that says so', async () => {
  const restore = useCache('/nonexistent')
  try {
    const [missing, ours] = await measure(product, ['litert', 'wasm'])
    assert.is(missing!.failure?.status, 'missing')
    assert.match(missing!.failure!.reason, /--with litert/)
    assert.is(ours!.failure, undefined)
  } finally {
    restore()
  }
})

const others = Object.entries(peers)
  .filter(([, { runtimes }]) => (runtimes as readonly string[]).includes('node'))
  .map(([name]) => parseEngine(name))
  .filter(({ peer }) => peer !== 'wasm' && peer !== 'reference')
const installed = others.filter(isInstalled)
for (const { peer } of others.filter((engine) => !isInstalled(engine))) {
  console.log(`skipping ${peer}, which is not installed (vitrine bench --with ${peer})`)
}

const [hybrid, mixer] = Object.entries(families).map(
  ([name, config]): Case => ({ ...model, name, config }),
)
const noOthers = installed.length > 0 ? undefined : 'none of the others is installed'
// Each engine is a process: one whole model and one of another family are enough, where not all is tested.
const all = [{ ...model, batch: 3 }, product, hybrid!, mixer!]
for (const bench of process.env.VITRINE_TEST_ALL ? all : [all[0]!, mixer!]) {
  testUnless(
    noOthers,
    `the others compute what the reference does: ${bench.name}, batch ${bench.batch}`,
    async () => {
      // On a GPU in software ten seconds for each.
      const slow = bench.name === model.name ? '' : 'ort-webgpu'
      const names = installed.map(({ peer }) => peer).filter((peer) => peer !== slow)
      for (const { engine, failure, difference } of await measure(bench, ['reference', ...names])) {
        if (failure?.status === 'unsupported') {
          console.log(`skipping ${engine.peer}: ${failure.reason}`)
          continue
        }
        assert.is(failure, undefined, `${engine.peer}: ${failure?.reason}`)
        assert.ok(difference! < 2e-5, `${engine.peer}: ${difference}`)
      }
    },
  )
}

// Minutes, and gigabytes. Of H/14 as many blocks as TensorFlow.js's WebAssembly has room for.
if (process.env.VITRINE_TEST_ALL && isInstalled(parseEngine('tfjs-wasm'))) {
  for (const [name, depth] of [
    ['ViT-L_16', 24],
    ['ViT-H_14', 20],
  ] as const) {
    test(`${depth} blocks of ${name} on TensorFlow.js, WebAssembly, as on ours`, async () => {
      const large: Case = { ...model, name, config: variantConfig(name, { gelu: 'erf', depth }) }
      for (const { failure, difference } of await measure(large, ['wasm', 'tfjs-wasm'])) {
        assert.is(failure, undefined, failure?.reason)
        assert.ok(difference! < 1e-4, `${difference}`)
      }
    })
  }
}

function isInstalled(engine: EngineSpec): boolean {
  try {
    locate(engine)
    return true
  } catch {
    return false
  }
}

test.run()
