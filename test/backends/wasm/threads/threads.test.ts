import { performance } from 'node:perf_hooks'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createWasmBackend } from '../../../../src/backends/wasm/wasm.ts'
import { ArgumentError } from '../../../../src/errors.ts'
import type { ViTConfig } from '../../../../src/families/vit/config.ts'
import { vitProgram } from '../../../../src/families/vit/program.ts'
import { variantConfig } from '../../../../src/families/vit/variants.ts'
import { withOutputs } from '../../../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../../../src/program/passes/rows.ts'
import type { Program } from '../../../../src/program/program.ts'
import { gaussian } from '../../../random.ts'
import { runnable } from '../builds/runnable.ts'
import { type Loaded, loadRandom, outcome, sleep, workersReady } from './workers.ts'

// However many threads compute an image, together or each an image of its own, and whether the caller
// is one of them: the bits are those of one thread.
const configs: Partial<ViTConfig>[] = [
  {
    ...{ imageSize: [61, 77], patchSize: [7, 9], width: 66, heads: 3, depth: 2, mlpWidth: 70 },
    ...{ classes: 13, distilled: true },
  },
  { imageSize: [3, 4], patchSize: [3, 4], width: 1, heads: 1, depth: 1, mlpWidth: 1, classes: 1 },
  // Enough work that runs are regrouped.
  { imageSize: [160, 160], depth: 7, classes: 10 },
]

const programs: Program[] = configs.map((config) => {
  const full = vitProgram(variantConfig('Ti_16', config))
  return withoutUnusedRows(withOutputs(full, ['logits', 'blocks.0.attention.weights']))
})

function inputs({ pixels }: Loaded, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, i) => gaussian(100 + i, pixels.length))
}

for (const build of runnable) {
  test(`${build.name}: the same bits from 1 to 4 threads, one image at a time and several`, async () => {
    for (const program of build === runnable.at(-1) ? programs : programs.slice(0, 2)) {
      const alone = await loadRandom(build, program, { threads: 1 })
      const images = inputs(alone, 5)
      const expected: unknown[] = []
      for (const image of images) expected.push(await alone.executable.run({ pixels: image }))
      for (const options of [
        { threads: 1, blocking: true },
        { threads: 1, workers: true },
        ...[2, 3, 4].map((threads) => ({ threads })),
        ...[2, 3, 4].map((threads) => ({ threads, blocking: true })),
      ]) {
        const { model, executable } = await loadRandom(build, program, options)
        // Before the workers are there as well.
        assert.equal(
          await executable.run({ pixels: images[0]! }),
          expected[0],
          JSON.stringify(options),
        )
        await workersReady(options.threads - 1)
        for (let i = 0; i < 3; i++) {
          assert.equal(
            await executable.run({ pixels: images[i]! }),
            expected[i],
            JSON.stringify(options),
          )
        }
        const together = await Promise.all(images.map((image) => executable.run({ pixels: image })))
        assert.equal(together, expected, `together, ${JSON.stringify(options)}`)
        model.dispose()
      }
      alone.model.dispose()
    }
  })
}

const build = runnable.at(-1)!

for (const dtype of ['int16', 'int8'] as const) {
  test(`${dtype}: the same bits from 1 to 4 threads`, async () => {
    const kernels = dtype === 'int16' ? runnable.find(({ name }) => name === 'simd16')! : build
    for (const program of programs.slice(0, 2)) {
      const alone = await loadRandom(kernels, program, { dtype })
      const images = inputs(alone, 5)
      const expected: unknown[] = []
      for (const image of images) expected.push(await alone.executable.run({ pixels: image }))
      for (const threads of [2, 3, 4]) {
        const { model, executable } = await loadRandom(kernels, program, { dtype, threads })
        // Workers that held much of disposed models are replaced when a run wants them.
        assert.equal(await executable.run({ pixels: images[0]! }), expected[0])
        await workersReady(threads)
        for (const [i, image] of images.entries()) {
          assert.equal(await executable.run({ pixels: image }), expected[i], `${threads} threads`)
        }
        const together = await Promise.all(images.map((image) => executable.run({ pixels: image })))
        assert.equal(together, expected, `together on ${threads} threads`)
        model.dispose()
      }
      alone.model.dispose()
    }
  })
}

test('every step of a run is reported, on threads too', async () => {
  for (const options of [{ threads: 1 }, { threads: 2 }, { threads: 2, blocking: true }]) {
    const { model, executable, pixels } = await loadRandom(build, programs[0]!, options)
    for (let round = 0; round < 3; round++) {
      const steps: [string, number][] = []
      const onStep = (label: string, time: number) => steps.push([label, time])
      await executable.run({ pixels }, { onStep })
      assert.ok(steps.length > 20 && steps.every(([, time]) => time >= 0), JSON.stringify(options))
      assert.match(steps[0]![0], /^WindowPack/)
    }
    model.dispose()
  }
})

test('the caller’s thread is free while threads compute, and has turns where it computes', async () => {
  const big = vitProgram(variantConfig('Ti_16'))
  for (const threads of [1, 2]) {
    const { model, executable, pixels } = await loadRandom(build, big, { threads })
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await executable.run({ pixels })
    clearInterval(timer)
    assert.ok(turns > 0, `${threads} threads`)
    model.dispose()
  }
})

test('many short runs, one after the other, leave the event loop its turns', async () => {
  for (const options of [{ threads: 1 }, { threads: 2 }, { threads: 2, blocking: true }]) {
    const { model, executable, pixels } = await loadRandom(build, programs[1]!, options)
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const end = performance.now() + 100
    while (performance.now() < end) await executable.run({ pixels })
    clearInterval(timer)
    assert.ok(turns > 0, JSON.stringify(options))
    model.dispose()
  }
})

test('an abort ends a run before it begins, while it waits, and while it runs; after it, nothing', async () => {
  const big = vitProgram(variantConfig('Ti_16'))
  for (const options of [{ threads: 1 }, { threads: 2 }, { threads: 2, blocking: true }]) {
    const { model, executable, pixels } = await loadRandom(build, big, options)
    const expected = await executable.run({ pixels })
    assert.is(
      await outcome(executable.run({ pixels }, { signal: AbortSignal.abort() })),
      'AbortError',
    )
    for (const delay of [0, 1, 3, 10]) {
      const controller = new AbortController()
      const { signal } = controller
      const runs = [1, 2, 3, 4].map((i) => executable.run({ pixels }, i % 2 ? {} : { signal }))
      const outcomes = runs.map(outcome)
      await sleep(delay)
      controller.abort()
      for (const [i, found] of (await Promise.all(outcomes)).entries()) {
        if (i % 2 === 0) assert.is(found, 'done')
        else assert.ok(found === 'AbortError' || (found === 'done' && options.blocking), found)
      }
      assert.equal(await runs[0], expected)
      assert.equal(await executable.run({ pixels }), expected)
    }
    const after = new AbortController()
    assert.equal(await executable.run({ pixels }, { signal: after.signal }), expected)
    after.abort()
    const timeout = executable.run({ pixels }, { signal: AbortSignal.timeout(2) })
    assert.ok(['TimeoutError', 'done'].includes(await outcome(timeout)))
    model.dispose()
  }
})

test('dispose ends waiting and running runs, and other models continue', async () => {
  const big = vitProgram(variantConfig('Ti_16'))
  for (const threads of [1, 2]) {
    const [one, two] = [
      await loadRandom(build, big, { threads }),
      await loadRandom(build, programs[0]!, { threads }, 2),
    ] as const
    const expected = await two.executable.run({ pixels: two.pixels })
    for (const delay of [0, 2]) {
      const again = await loadRandom(build, big, { threads })
      const gone = [1, 2, 3].map(() => outcome(again.executable.run({ pixels: again.pixels })))
      const kept = [1, 2, 3].map(() => two.executable.run({ pixels: two.pixels }))
      await sleep(delay)
      again.model.dispose()
      again.model.dispose()
      assert.equal(await Promise.all(gone), ['DISPOSED', 'DISPOSED', 'DISPOSED'])
      assert.equal(await Promise.all(kept), [expected, expected, expected])
      assert.is(await outcome(again.executable.run({ pixels: again.pixels })), 'DISPOSED')
    }
    one.model.dispose()
    two.model.dispose()
  }
})

test('models have turns: one with much to do does not keep another waiting', async () => {
  const many = await loadRandom(build, programs[2]!, { threads: 2 })
  const few = await loadRandom(build, programs[0]!, { threads: 2 }, 2)
  await few.executable.run({ pixels: few.pixels })
  const order: string[] = []
  const runs = Array.from({ length: 40 }, () =>
    many.executable.run({ pixels: many.pixels }).then(() => order.push('many')),
  )
  runs.push(few.executable.run({ pixels: few.pixels }).then(() => order.push('few')))
  await Promise.all(runs)
  assert.ok(order.indexOf('few') < 6, order.join())
  many.model.dispose()
  few.model.dispose()
})

test('more runs than may wait are refused, and the others done', async () => {
  for (const threads of [1, 2]) {
    const { model, executable, pixels } = await loadRandom(build, programs[1]!, { threads })
    const outcomes = await Promise.all(
      Array.from({ length: 1100 }, () => outcome(executable.run({ pixels }))),
    )
    const count = (what: string) => outcomes.filter((found) => found === what).length
    assert.is(count('done') + count('LIMIT'), 1100)
    assert.ok(count('LIMIT') > 0 && count('done') >= 1024, `${count('done')} done`)
    model.dispose()
  }
})

test('where memory has room for one run only, runs wait for each other', async () => {
  const program = programs[0]!
  const alone = await loadRandom(build, program, { threads: 1 })
  const expected = await alone.executable.run({ pixels: alone.pixels })
  // Never written, so the machine does not have to have it: all but the last few pages.
  const shape = [2 ** 26 - 70_000, 16] as const
  const below = { name: 'below', shape, role: 'kernel' } as const
  const full = { ...program, weights: [...program.weights, below] }
  const { model, executable, pixels } = await loadFull(full)
  for (let round = 0; round < 2; round++) {
    const all = await Promise.all([1, 2, 3, 4, 5].map(() => executable.run({ pixels })))
    for (const found of all) assert.equal(found, expected)
  }
  model.dispose()
  alone.model.dispose()

  async function loadFull(program: Program): Promise<Loaded> {
    const { compileBuild } = await import('../../../../src/backends/wasm/builds/kernels.ts')
    const { createWasmModel } = await import('../../../../src/backends/wasm/model.ts')
    const { scheduler } = await import('../../../../src/backends/wasm/threads/scheduler.ts')
    const { writeRandomWeights } = await import('../../../random.ts')
    const module = await compileBuild(build, { shared: true })
    const options = { shared: true, threads: 3 }
    const model = createWasmModel(build, module, program.weights, scheduler, options)
    writeRandomWeights(model, program.weights.slice(0, -1))
    return { model, executable: model.compile(program), pixels: alone.pixels }
  }
})

test('offThread: a worker computes for one thread, which stays free; not together with blocking', async () => {
  const program = programs.at(-1)!
  const { model, executable, pixels } = await loadRandom(runnable[0]!, program, {
    threads: 1,
    workers: true,
  })
  await executable.run({ pixels })
  await workersReady(1)
  await executable.run({ pixels })
  const before = performance.eventLoopUtilization()
  for (let i = 0; i < 5; i++) await executable.run({ pixels })
  const { utilization } = performance.eventLoopUtilization(before)
  assert.ok(utilization < 0.5, `the event loop was busy for ${utilization} of the time`)
  model.dispose()
  const both = { threads: 1, offThread: true, blocking: true }
  const error = await createWasmBackend(both).catch((error) => error)
  assert.instance(error, ArgumentError)
  assert.is((await createWasmBackend({ threads: 1, offThread: true })).threads!.count, 1)
})

test.run()
