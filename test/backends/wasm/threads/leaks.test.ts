import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { platform } from '#platform'
import { createWasmBackend } from '../../../../src/backends/wasm/wasm.ts'
import { vitProgram } from '../../../../src/families/vit/program.ts'
import { variantConfig } from '../../../../src/families/vit/variants.ts'
import { withOutputs } from '../../../../src/program/passes/outputs.ts'
import { runnable } from '../builds/runnable.ts'
import { loadRandom, workersReady } from './workers.ts'

// In processes of their own: memory and open handles are a process's.
const RUNS = process.env.VITRINE_TEST_ALL ? 10_000 : 600

const build = runnable.at(-1)!
const small = { imageSize: [32, 32], depth: 1, classes: 3 }
const program = withOutputs(vitProgram(variantConfig('Ti_16', small as object)), ['logits'])

/** What scripts find. */
const inScripts = {
  ...{ build, small, program, loadRandom, workersReady },
  ...{ vitProgram, variantConfig, withOutputs, createWasmBackend, platform },
}

/** Runs this file in another process, where it is nothing but the script. */
function runAlone(script: string, flags: string[] = []) {
  const args = [...process.execArgv, ...flags, ...process.argv.slice(1)]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    timeout: 300_000,
    // What the surroundings say of colours is no matter of the test.
    env: { ...process.env, VITRINE_TEST_SCRIPT: script, NO_COLOR: '1', FORCE_COLOR: undefined },
  })
  return { status, output: stdout.toString(), errors: stderr.toString() }
}

const script = process.env.VITRINE_TEST_SCRIPT
if (script !== undefined) {
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor
  await new AsyncFunction(...Object.keys(inScripts), script)(...Object.values(inScripts))
}

for (const [options, workers] of [
  ['{ threads: 1 }', 0],
  ['{ threads: 2 }', 2],
  ['{ threads: 2, blocking: true }', 1],
] as const) {
  test(`${RUNS} runs leave memory as it was, and the process ends by itself: ${options}`, () => {
    const script = `
      const { executable, pixels, model } = await loadRandom(build, program, ${options})
      const memory = () => {
        gc()
        return [process.memoryUsage().rss, process.memoryUsage().heapUsed]
      }
      const run = async (count) => {
        for (let i = 0; i < count; i += 10) {
          await Promise.all(Array.from({ length: 10 }, async (_, i) => {
            const signal = i === 0 ? AbortSignal.abort() : i < 3 ? new AbortController().signal : undefined
            await executable.run({ pixels }, { signal }).catch((error) => {
              if (error.name !== 'AbortError') throw error
            })
          }))
        }
      }
      // As many runs at once as there ever will be.
      await run(1)
      await workersReady(${workers})
      await run(${Math.round(RUNS / 3)})
      let grown = 0
      const { grow } = WebAssembly.Memory.prototype
      WebAssembly.Memory.prototype.grow = function (pages) {
        grown += pages
        return grow.call(this, pages)
      }
      const before = memory()
      await run(${RUNS})
      const after = memory()
      console.log(JSON.stringify([...after.map((bytes, i) => bytes - before[i]), grown]))
    `
    const { status, output, errors } = runAlone(script, ['--expose-gc'])
    assert.is(status, 0, errors)
    const [rss, heap, grown] = JSON.parse(output)
    assert.is(grown, 0, 'pages of linear memory')
    assert.ok(heap < 2 ** 20, `heap ${heap}`)
    // The engine's own pools grow for some ten thousand runs, and then no more.
    assert.ok(rss < 48 * 2 ** 20, `rss ${rss}`)
  })
}

test('models that are disposed of give their memory back, in the workers too', () => {
  const script = `
    const wide = withOutputs(vitProgram(variantConfig('B_16', { ...small, depth: 2 })), ['logits'])
    const peak = []
    for (let i = 0; i < 12; i++) {
      const { executable, pixels, model } = await loadRandom(build, wide, { threads: 2 })
      await executable.run({ pixels })
      await new Promise((resolve) => setTimeout(resolve, i === 0 ? 500 : 20))
      await executable.run({ pixels })
      model.dispose()
      gc()
      await new Promise((resolve) => setTimeout(resolve, 100))
      gc()
      peak.push(process.memoryUsage().rss)
    }
    console.log(JSON.stringify(peak.slice(3).map((bytes) => bytes - peak[3])))
  `
  const { status, output, errors } = runAlone(script, ['--expose-gc'])
  assert.is(status, 0, errors)
  // Each has 60 MB.
  for (const growth of JSON.parse(output)) assert.ok(growth < 150e6, output)
})

test('a process ends by itself: after a run, without one, while workers start, after an abort', () => {
  for (const end of [
    'await executable.run({ pixels })',
    'await executable.run({ pixels }); await workersReady(1); await executable.run({ pixels })',
    '',
    'executable.run({ pixels }, { signal: AbortSignal.timeout(1) }).catch(() => {})',
    'executable.run({ pixels })',
    'executable.run({ pixels }).catch(() => {}); model.dispose()',
  ]) {
    for (const options of ['{ threads: 3 }', '{ threads: 2, blocking: true }']) {
      const script = `
        const { executable, pixels, model } = await loadRandom(build, program, ${options})
        ${end}`
      const { status, errors } = runAlone(script)
      assert.is(status, 0, `${end} ${errors}`)
    }
  }
})

test('a run that is under way is finished before the process ends', () => {
  const { status, output } = runAlone(`
    const { executable, pixels } = await loadRandom(build, program, { threads: 2 })
    await executable.run({ pixels })
    await workersReady(2)
    executable.run({ pixels }).then(() => console.log('done'))`)
  assert.equal([status, output], [0, 'done\n'])
})

test('without SharedArrayBuffer one thread computes, with one warning', () => {
  const { status, output, errors } = runAlone(`
    delete globalThis.SharedArrayBuffer
    for (const options of [{ threads: 4 }, { threads: 2 }, { threads: 1 }]) {
      const { threads } = await createWasmBackend({ ...options, wide: false })
      console.log(threads.count, threads.reason)
    }`)
  assert.is(status, 0, errors)
  assert.match(output, /^1 this runtime has no SharedArrayBuffer\n1 .*\n1 as asked for\n$/)
  assert.is(errors.match(/vitrine computes on one thread: .* no SharedArrayBuffer/g)?.length, 1)
})

test('where workers can’t be started the caller’s thread computes, with one warning', () => {
  const { status, output, errors } = runAlone(`
    platform.threads.start = () => { throw new Error('none today') }
    const { executable, pixels } = await loadRandom(build, program, { threads: 2 })
    const { logits } = await executable.run({ pixels })
    for (let i = 0; i < 5; i++) await executable.run({ pixels })
    console.log(logits.length)`)
  assert.equal([status, output], [0, '3\n'], errors)
  assert.is(errors.match(/a worker can't be started: none today/g)?.length, 1)
})

if (script === undefined) test.run()
