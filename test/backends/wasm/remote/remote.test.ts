import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Dtype, Executable, Model, WeightSink } from '../../../../src/backends/backend.ts'
import { openWasmBackend } from '../../../../src/backends/wasm/open.ts'
import { Connection } from '../../../../src/backends/wasm/remote/connection.ts'
import { createWasmBackend } from '../../../../src/backends/wasm/wasm.ts'
import { wholeRegion } from '../../../../src/backends/weights.ts'
import { vitProgram } from '../../../../src/families/vit/program.ts'
import { load } from '../../../../src/index.ts'
import type { Program } from '../../../../src/program/program.ts'
import { gaussian, writeRandomWeights } from '../../../random.ts'
import { configs } from '../../configs.ts'
import { runAll } from '../../values.ts'
import { outcome } from '../threads/workers.ts'
import { becomePage, leavePage, starts, workers } from './workers.ts'

const program = vitProgram(configs['class token, erf']!)
const pixels = gaussian(7, 32 * 32 * 3)
const tiny = vitProgram(configs['odd sizes']!)
const tinyPixels = gaussian(8, 35 * 23 * 3)

const { patience } = Connection
test.before.each(becomePage)
test.after.each(() => {
  leavePage()
  Connection.patience = patience
  starts.fail = 'never'
})

const newest = () => workers.at(-1)!
const refill = async (sink: WeightSink) => writeRandomWeights(sink as Model, program.weights)

/** A backend in a worker, and a model with random weights. */
async function remote(dtype: Dtype = 'f32', readAgain?: typeof refill) {
  const backend = await openWasmBackend({ dtype, threads: 1 })
  assert.match(backend.description, /; in a worker/)
  const model = backend.createModel(program.weights, readAgain)
  writeRandomWeights(model, program.weights)
  return {
    backend,
    model,
    executable: model.compile(program),
    dispose() {
      model.dispose()
      backend.dispose!()
    },
  }
}

async function here(dtype: Dtype, of: Program, input: Float32Array) {
  const model = (await createWasmBackend({ dtype, threads: 1, wide: false })).createModel(
    of.weights,
  )
  const values = await runAll(model, of, input)
  model.dispose()
  return values
}

for (const dtype of ['f32', 'int16', 'int8'] as const) {
  test(`${dtype}: two models in a worker have the bits that they have here`, async () => {
    const count = workers.length
    const expected = await Promise.all([
      here(dtype, program, pixels),
      here(dtype, tiny, tinyPixels),
    ])
    const backends = await Promise.all([
      openWasmBackend({ dtype, threads: 1 }),
      openWasmBackend({ dtype, threads: 1 }),
    ])
    assert.is(workers.length, count + 1)
    const models = [
      backends[0].createModel(program.weights),
      backends[1].createModel(tiny.weights),
    ] as const
    const found = await Promise.all([
      runAll(models[0], program, pixels),
      runAll(models[1], tiny, tinyPixels),
    ])
    assert.equal(found, expected)
    for (const model of models) model.dispose()
    backends[0].dispose!()
    assert.not.ok(newest().ended())
    backends[1].dispose!()
    assert.ok(newest().ended())
  })
}

test('int8 weights that come as integers, in parts larger and smaller than a message', async () => {
  const weight = { name: 'kernel', shape: [1200, 1100], role: 'kernel' } as const
  const region = { ...wholeRegion(weight.shape), transposed: true }
  const values = Int8Array.from(gaussian(3, 1200 * 1100, 40))
  const scales = gaussian(4, 1100).map(Math.abs)
  const run = async (model: Model) => {
    const cuts = [0, 5, 1200, 1_250_000, values.length]
    for (let i = 1; i < cuts.length; i++) {
      const part = values.slice(cuts[i - 1], cuts[i])
      model.writeInt8!('kernel', region, cuts[i - 1]!, part, scales)
      // The caller may use its array again.
      part.fill(77)
      await model.drain?.()
    }
    const { ProgramBuilder } = await import('../../../../src/program/builder.ts')
    const { linear } = await import('../../../../src/program/layers/linear.ts')
    const net = new ProgramBuilder()
    const product = linear(net, 'y', net.input('x', [3, 1200]), 1100, { bias: false })
    const built = net.build({ product })
    const own = { ...built, weights: built.weights.map((its) => ({ ...its, name: 'kernel' })) }
    return model.compile(own).run({ x: gaussian(5, 3600) })
  }
  const local = await createWasmBackend({ dtype: 'int8', threads: 1, wide: false })
  const expected = await run(local.createModel([weight]))
  const backend = await openWasmBackend({ dtype: 'int8', threads: 1 })
  assert.equal(await run(backend.createModel([weight])), expected)
  backend.dispose!()
})

test('a writer that waits has few messages under way, whatever the size of the model', async () => {
  const weight = { name: 'large', shape: [4096, 4096], role: 'kernel' } as const
  const backend = await openWasmBackend({ threads: 1 })
  const model = backend.createModel([weight])
  const row = new Float32Array(4096).fill(1)
  let most = 0
  for (let i = 0; i < 4096; i++) {
    model.write('large', wholeRegion(weight.shape), i * 4096, row)
    await model.drain!()
    most = Math.max(most, newest().unanswered())
  }
  assert.ok(most > 1 && most <= 5, String(most))
  backend.dispose!()
})

test('steps are timed in the worker', async () => {
  const { executable, dispose } = await remote()
  const local = (await createWasmBackend({ threads: 1, wide: false })).createModel(program.weights)
  const stepsOf = async ({ run }: Executable) => {
    const steps: string[] = []
    const onStep = (label: string, time: number) => {
      assert.ok(time >= 0)
      steps.push(label)
    }
    await run({ pixels }, { onStep })
    return steps
  }
  const expected = await stepsOf(local.compile(program))
  assert.ok(expected.length > 10)
  assert.equal(await stepsOf(executable), expected)
  dispose()
})

test('a view of a larger array is sent alone, and the caller keeps it', async () => {
  const { executable, dispose } = await remote()
  const expected = await executable.run({ pixels })
  const large = new Float32Array(10 * pixels.length)
  large.set(pixels, 2 * pixels.length)
  const view = large.subarray(2 * pixels.length, 3 * pixels.length)
  assert.equal(await executable.run({ pixels: view }), expected)
  assert.is(view.length, pixels.length)
  const sent = newest().requests.at(-1)!
  assert.is(sent.type, 'run')
  dispose()
})

test('errors have the types that they have here', async () => {
  const { backend, model, executable, dispose } = await remote('int8')
  assert.is(await outcome(executable.run({ pixels: new Float32Array(3) })), 'ARGUMENT')
  assert.is(await outcome(executable.run({ other: pixels })), 'ARGUMENT')
  const code = (act: () => unknown) => {
    try {
      act()
    } catch (error) {
      return (error as { code: string }).code
    }
    return 'done'
  }
  const region = wholeRegion([1, 1])
  assert.is(
    code(() => model.write('nothing', region, 0, new Float32Array(1))),
    'ARGUMENT',
  )
  assert.is(
    code(() => model.writeInt8!('head.kernel', region, 0, new Int8Array(1), new Float32Array(3))),
    'ARGUMENT',
  )
  assert.is(
    code(() => model.compile(tiny)),
    'ARGUMENT',
  )
  assert.is(
    code(() => model.compile(program, { images: 0 })),
    'ARGUMENT',
  )
  // Only the worker knows this.
  const empty = backend.createModel(program.weights)
  const incomplete = await empty
    .compile(program)
    .run({ pixels })
    .catch((error) => error)
  assert.is(incomplete.code, 'ARGUMENT')
  assert.is(incomplete.name, 'ArgumentError')
  assert.match(incomplete.message, /is quantised once all of its \d+ values are written; 0 were/)
  empty.dispose()
  const huge = backend.createModel([{ name: 'huge', shape: [65536, 65536], role: 'kernel' }])
  assert.is(await outcome(huge.drain!()), 'MEMORY')
  huge.dispose()
  // The others are not concerned.
  assert.is(await outcome(executable.run({ pixels })), 'done')
  dispose()
})

test('options that do not exist are refused as elsewhere, and leave no worker behind', async () => {
  for (const [options, code] of [
    [{ dtype: 'f16' }, 'UNSUPPORTED'],
    [{ kernels: 'none' }, 'ARGUMENT'],
    [{ threads: 0 }, 'ARGUMENT'],
  ] as const) {
    assert.is(await outcome(openWasmBackend({ threads: 1, ...options } as never)), code)
  }
  assert.ok(newest().ended())
})

test('an abort is answered at once, stops the worker, and concerns no other run', async () => {
  const large = vitProgram({ ...configs['class token, erf']!, imageSize: [256, 256], width: 192 })
  const backend = await openWasmBackend({ threads: 1 })
  const model = backend.createModel(large.weights)
  writeRandomWeights(model, large.weights)
  const executable = model.compile(large)
  const input = { pixels: gaussian(1, 256 * 256 * 3) }
  const expected = await executable.run(input)
  const controller = new AbortController()
  const { signal } = controller
  const runs = [
    outcome(executable.run(input, { signal })),
    executable.run(input),
    outcome(executable.run(input, { signal })),
  ]
  while (newest().requests.at(-1)!.type !== 'run') await new Promise(setImmediate)
  controller.abort(Object.assign(new Error('changed my mind'), { code: 'MINE' }))
  assert.equal(await Promise.all(runs), ['MINE', expected, 'MINE'])
  const stopped = newest().requests.filter(({ type }) => type === 'abort')
  assert.is(stopped.length, 2)
  assert.is(await outcome(executable.run(input, { signal })), 'MINE')
  model.dispose()
  backend.dispose!()
})

test('disposal settles what waits, frees the model, and ends a worker that has no other', async () => {
  const first = await remote()
  const second = await remote()
  const running = outcome(first.executable.run({ pixels }))
  first.dispose()
  assert.is(await running, 'DISPOSED')
  assert.is(await outcome(first.executable.run({ pixels })), 'DISPOSED')
  assert.is(await outcome(first.model.drain!()), 'DISPOSED')
  assert.throws(() => first.model.compile(program), /disposed/)
  assert.not.ok(newest().ended())
  assert.is(await outcome(second.executable.run({ pixels })), 'done')
  second.dispose()
  assert.ok(newest().ended())
})

for (const how of ['reported', 'silent'] as const) {
  test(`a worker that dies, ${how}: what runs fails, and the next run has the weights again`, async () => {
    const { executable, dispose } = await remote('int8', refill)
    const expected = await executable.run({ pixels })
    if (how === 'silent') {
      Connection.patience = 50
      newest().silence()
    }
    const count = workers.length
    const running = outcome(executable.run({ pixels }))
    if (how === 'reported') newest().end('out of memory')
    assert.is(await running, 'WORKER')
    Connection.patience = patience
    const [one, two] = await Promise.all([executable.run({ pixels }), executable.run({ pixels })])
    assert.equal([one, two], [expected, expected])
    assert.is(workers.length, count + 1)
    dispose()
  })
}

test('weights that can’t be read again: the next run says to load the model again', async () => {
  const { executable, dispose } = await remote()
  newest().end('it crashed')
  await new Promise(setImmediate)
  const error = await executable.run({ pixels }).catch((error) => error)
  assert.is(error.code, 'WORKER')
  assert.match(error.message, /Load the model again/)
  dispose()
})

test('a worker that dies while weights are written fails the writer', async () => {
  const { model, dispose } = await remote()
  newest().end('it crashed')
  await new Promise(setImmediate)
  model.write('norm.scale', wholeRegion([1, 48]), 0, new Float32Array(48))
  let code = 'done'
  for (let i = 0; i < 10 && code === 'done'; i++) {
    await new Promise(setImmediate)
    code = await outcome(model.drain!())
  }
  assert.is(code, 'WORKER')
  dispose()
})

test('a worker that is not there when weights are to be read again fails the run, and the next may find one', async () => {
  const { executable, dispose } = await remote('f32', refill)
  const expected = await executable.run({ pixels })
  newest().end('it crashed')
  await new Promise(setImmediate)
  starts.fail = 'later'
  assert.is(await outcome(executable.run({ pixels })), 'WORKER')
  starts.fail = 'never'
  assert.equal(await executable.run({ pixels }), expected)
  dispose()
})

test('disposed while weights are read again', async () => {
  let proceed = () => {}
  const until = new Promise<void>((resolve) => {
    proceed = resolve
  })
  const { executable, dispose } = await remote('f32', async (sink) => {
    await until
    await refill(sink)
  })
  newest().end('it crashed')
  await new Promise(setImmediate)
  const running = outcome(executable.run({ pixels }))
  const aborted = outcome(executable.run({ pixels }, { signal: AbortSignal.abort() }))
  assert.is(await aborted, 'AbortError')
  dispose()
  proceed()
  assert.is(await running, 'DISPOSED')
})

test('where workers can’t be started this thread computes, with one warning', async () => {
  const warnings: string[] = []
  const { warn } = console
  console.warn = (text) => void warnings.push(text)
  try {
    for (const fail of ['at once', 'later'] as const) {
      starts.fail = fail
      const backend = await openWasmBackend({ threads: 1 })
      assert.not.match(backend.description, /worker/)
      const model = backend.createModel(program.weights)
      writeRandomWeights(model, program.weights)
      assert.is(await outcome(model.compile(program).run({ pixels })), 'done')
      model.dispose()
    }
  } finally {
    console.warn = warn
  }
  assert.is(warnings.length, 1)
  assert.match(warnings[0]!, /its worker can't be started: workers are forbidden here/)
})

test('threads that share memory, and callers that block, need no such worker', async () => {
  const count = workers.length
  for (const options of [{ threads: 2 }, { threads: 1, blocking: true }]) {
    const { description } = await openWasmBackend(options)
    assert.not.match(description, /in a worker/)
  }
  leavePage()
  assert.not.match((await openWasmBackend({ threads: 1 })).description, /in a worker/)
  assert.is(workers.length, count)
})

test('load: the embedded model, whose weights are read again when its worker is gone', async () => {
  const cat = new URL('../../../../examples/chelsea.png', import.meta.url)
  leavePage()
  const local = await load(undefined, { dtype: 'int8', threads: 1, wide: false })
  const expected = await local.classify(cat)
  local.dispose()
  becomePage()
  const vit = await load(undefined, { dtype: 'int8', threads: 1 })
  assert.match(vit.backend.description, /^int8, .*; in a worker, so that the page stays free$/)
  assert.equal(vit.backend.threads, { count: 1, reason: 'as asked for' })
  assert.equal(await vit.classify(cat), expected)
  newest().end('it crashed')
  assert.equal(await vit.classify(cat), expected)
  vit.dispose()
  assert.ok(newest().ended())
})

test.run()
