import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Control, GemmField, Opcode } from '../../../../assembly/tape.ts'
import { compileBuild } from '../../../../src/backends/wasm/builds/kernels.ts'
import { CONTROL } from '../../../../src/backends/wasm/memory/layout.ts'
import type { ViTConfig } from '../../../../src/families/vit/config.ts'
import { vitProgram } from '../../../../src/families/vit/program.ts'
import { variantConfig } from '../../../../src/families/vit/variants.ts'
import { sameWindow } from '../../../../src/program/ops/window.ts'
import { withOutputs } from '../../../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../../../src/program/passes/rows.ts'
import type { Program } from '../../../../src/program/program.ts'
import { embedding, groupNorm, transposed, windows } from '../../programs.ts'
import { runnable } from '../builds/runnable.ts'
import { type TapeInMemory, tapeInMemory } from '../lower/tape.ts'

// A record's work is shared among threads, or done in parts by one: whoever does which share in
// whatever order, the bits are the same.
const configs: Partial<ViTConfig>[] = [
  {
    ...{ imageSize: [61, 77], patchSize: [7, 9], width: 66, heads: 3, depth: 2, mlpWidth: 70 },
    ...{ classes: 13, distilled: true },
  },
  {
    ...{ imageSize: [35, 23], patchSize: [7, 5], width: 15, heads: 5, depth: 2, mlpWidth: 13 },
    ...{ classes: 17, classifier: 'gap', classToken: false },
  },
  { imageSize: [3, 4], patchSize: [3, 4], width: 1, heads: 1, depth: 1, mlpWidth: 1, classes: 1 },
]

function* programs(): Generator<Program> {
  for (const config of configs) {
    const full = vitProgram(variantConfig('Ti_16', config))
    yield withOutputs(
      full,
      full.values.map(({ name }) => name),
    )
    yield withoutUnusedRows(withOutputs(full, ['logits', 'blocks.0.attention.weights']))
  }
  yield windows(sameWindow([9, 11], [3, 3], [2, 2]), 5, 18)
  yield windows(sameWindow([29, 31], [3, 3], [1, 1]), 16, 40)
  yield groupNorm(70, 24, 12)
  yield groupNorm(5, 96, 32)
  yield transposed(13, 50, 9)
  yield embedding(7, 3, 20)
}

const runs = runnable.flatMap((build) => {
  const dtypes = build.relaxed ? (['f32', 'int8'] as const) : (['f32', 'int8', 'int16'] as const)
  return dtypes.map((dtype) => ({ build, dtype }))
})

for (const { build, dtype } of runs) {
  test(`${build.name} ${dtype}: records in parts, in either order, give the same bits`, async () => {
    const module = await compileBuild(build)
    for (const program of programs()) {
      const tape = tapeInMemory(build, module, program, dtype)
      const expected = runParts(tape, 1, false)
      assert.ok(expected.every(Number.isFinite))
      for (const parts of [2, 3, 5, 100]) {
        for (const backwards of [false, true]) {
          assert.equal(runParts(tape, parts, backwards), expected, `${parts} parts`)
        }
      }
    }
  })

  test(`${build.name} ${dtype}: threads give the same bits, and stop together`, async () => {
    const file = new URL(`../../../../build/kernels/${build.name}-threads.wasm`, import.meta.url)
    const module = new WebAssembly.Module(readFileSync(file))
    const helpers = [1, 2].map(() => new Worker(helperSource, { eval: true }))
    try {
      for (const program of programs()) {
        const tape = tapeInMemory(build, module, program, dtype, true)
        const expected = runParts(tape, 1, false)
        for (const threads of [2, 3, 2, 3]) {
          tape.reset()
          const ends = await runThreads(tape, module, helpers.slice(0, threads - 1))
          assert.equal(ends, new Array(threads).fill(tape.records))
          assert.equal(tape.outputs(), expected, `${threads} threads`)
        }
        await checkAborts(tape, module, helpers)
      }
    } finally {
      await Promise.all(helpers.map((helper) => helper.terminate()))
    }
  })
}

for (const { build, dtype } of runs.filter(({ build }) => build === runnable[0])) {
  test(`${build.name} ${dtype}: shares of a product are even, for more threads than panels too`, async () => {
    const config = variantConfig('Ti_16', { imageSize: [64, 80], width: 48, depth: 1, classes: 5 })
    const program = withOutputs(vitProgram(config), ['logits'])
    const tape = tapeInMemory(build, await compileBuild(build), program, dtype)
    tape.reset()
    const words = new Uint32Array(tape.memory.buffer)
    for (let record = 0; record < tape.records; record++) {
      const at = words[tape.tape / 4 + record]! / 4
      const field = (name: GemmField) => words[at + name]!
      const opcode = field(GemmField.Opcode)
      if (opcode !== Opcode.Gemm && opcode !== Opcode.IntegerGemm) continue
      // What a product is added to may lie where it goes.
      words[at + GemmField.Residual] = 0
      const integer = opcode === Opcode.IntegerGemm
      const top: number = (integer ? tape.kernels.INTEGER_MR : tape.kernels.MR).value
      const [rows, stride] = [field(GemmField.Rows), field(GemmField.OutputStride)]
      const tiles = Math.ceil(rows / top)
      const jobs = tiles * field(GemmField.PanelCount)
      const output = words.subarray(field(GemmField.Output) / 4).subarray(0, (rows * stride) / 4)
      for (const parts of [2, 3, 5, 8, 64]) {
        let sum = 0
        for (let part = 0; part < parts; part++) {
          output.fill(UNTOUCHED)
          tape.kernels.share(tape.tape, record, tape.scratch(0), part, parts)
          const touched = output.reduce((count, word) => count + Number(word !== UNTOUCHED), 0)
          assert.ok(touched <= Math.ceil(jobs / parts) * top * build.panel, `${part} of ${parts}`)
          sum += touched
        }
        assert.is(sum, rows * field(GemmField.PanelCount) * build.panel)
      }
    }
  })
}

/** Bits that no product has. */
const UNTOUCHED = 0x7f7f7f7f

/** Runs every record as `parts` shares, one after the other. */
function runParts(tape: TapeInMemory, parts: number, backwards: boolean): Float32Array {
  tape.reset()
  for (let record = 0; record < tape.records; record++) {
    for (let i = 0; i < parts; i++) {
      const part = backwards ? parts - 1 - i : i
      // A build with threads would wait for the others at the barrier.
      tape.kernels.run(tape.tape, record, record + 1, CONTROL, tape.scratch(0), part, parts)
    }
  }
  return tape.outputs()
}

const helperSource = `
  const { parentPort } = require('node:worker_threads')
  parentPort.on('message', ({ module, memory, args }) => {
    const { exports } = new WebAssembly.Instance(module, { env: { memory } })
    parentPort.postMessage(exports.run(...args))
  })`

/** Runs the tape on this thread and the helpers; where each of them stopped. */
async function runThreads(
  { kernels, memory, tape, records, scratch }: TapeInMemory,
  module: WebAssembly.Module,
  helpers: readonly Worker[],
): Promise<number[]> {
  const threads = helpers.length + 1
  const argumentsOf = (thread: number) =>
    [tape, 0, records, CONTROL, scratch(thread), thread, threads] as const
  const others = helpers.map((helper, i) => {
    const answer = new Promise<number>((resolve) => helper.once('message', resolve))
    helper.postMessage({ module, memory, args: argumentsOf(i + 1) })
    return answer
  })
  return [kernels.run(...argumentsOf(0)), ...(await Promise.all(others))]
}

/** However an abort falls between the threads, all of them stop behind the same record. */
async function checkAborts(
  tape: TapeInMemory,
  module: WebAssembly.Module,
  helpers: readonly Worker[],
): Promise<void> {
  const control = new Int32Array(tape.memory.buffer, CONTROL, Control.Words)
  const aborter = new Worker(
    `const { parentPort } = require('node:worker_threads')
     parentPort.on('message', ({ memory, address, spins }) => {
       for (let i = 0; i < spins; i++) Math.sqrt(i)
       Atomics.store(new Int32Array(memory.buffer), address, 1)
     })`,
    { eval: true },
  )
  try {
    for (let round = 0; round < 10; round++) {
      tape.reset()
      const address = CONTROL / 4 + Control.Abort
      aborter.postMessage({ memory: tape.memory, address, spins: round * 20000 })
      const ends = await runThreads(tape, module, helpers)
      assert.ok(
        ends.every((end) => end === ends[0]),
        ends.join(),
      )
      while (Atomics.load(control, Control.Abort) === 0) {
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
    }
  } finally {
    await aborter.terminate()
  }
}

test.run()
