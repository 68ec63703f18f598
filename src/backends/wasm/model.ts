import { platform } from '#platform'
import { DisposedError } from '../../errors.ts'
import type { Program, Weight } from '../../program/program.ts'
import type { Dtype, Executable, Model, RunOptions } from '../backend.ts'
import { checkPixels, checkWeights } from '../weights.ts'
import { type Build, instantiate, type Kernels } from './kernels.ts'
import { CONTROL, PAGE, padFloats } from './layout.ts'
import { type Lowered, lower, type Placed } from './lower.ts'
import { LinearMemory } from './memory.ts'
import type { Live } from './panels.ts'
import { WeightStore } from './store.ts'

/** How long the caller's thread is kept before others have a turn, in milliseconds. */
const SLICE = 12

/** A record with more floating-point operations than this, some milliseconds' worth, is run in parts. */
const PART_FLOPS = 2.5e8

/**
 * The weights of one model in a linear memory, in the layout of the kernels; above them the arena,
 * which all programs of the model use in turn: tape, scratch, values.
 */
export function createWasmModel(
  build: Build,
  module: WebAssembly.Module,
  weights: readonly Weight[],
  dtype: Dtype = 'f32',
): Model {
  const store = new WeightStore(build, weights, dtype, (bytes) => start(module, bytes))
  const arena = store.end
  // Undefined once disposed: who keeps the model object does not keep its memory.
  let live: Live | undefined = start(module, arena)
  let queue: Promise<unknown> = Promise.resolve()

  return {
    write(name, region, start, values) {
      store.write(alive(), name, region, start, values)
    },

    compile(program: Program): Executable {
      checkWeights(program, weights)
      const { linear, kernels } = alive()
      const lowered = lower(program, {
        weight: (name) => store.address(name),
        quantization: (name) => store.quantization(name),
        zeros: store.zeros,
        build,
        arena,
      })
      const scratch = arena + lowered.arenaBytes
      linear.reserve(scratch + scratchBytes(kernels, lowered))
      return {
        async run(pixels, options = {}) {
          checkPixels(program, pixels)
          store.requireComplete(program)
          // One run at a time: they share the arena. A failed run does not stop the next.
          const result = queue.then(() => execute(lowered, scratch, pixels, options))
          queue = result.then(ignore, ignore)
          return result
        },
      }
    },

    dispose() {
      live = undefined
    },
  }

  function alive(): Live {
    if (!live) throw new DisposedError('The model')
    return live
  }

  async function execute(
    { tape, records, input, outputs }: Lowered,
    scratch: number,
    pixels: Float32Array,
    { signal, onStep }: RunOptions,
  ): Promise<Record<string, Float32Array>> {
    signal?.throwIfAborted()
    const { linear, kernels } = alive()
    linear.words(arena, tape.length).set(tape)
    linear.floats(input.address, pixels.length).set(pixels)
    let turn = performance.now()
    for (const [index, { label, flops }] of records.entries()) {
      const parts = Math.max(1, Math.ceil(flops / PART_FLOPS))
      let time = 0
      for (let part = 0; part < parts; part++) {
        const start = performance.now()
        kernels.run(arena, index, index + 1, CONTROL, scratch, part, parts)
        const now = performance.now()
        time += now - start
        if (now - turn < SLICE) continue
        await platform.yield()
        signal?.throwIfAborted()
        alive()
        turn = performance.now()
      }
      onStep?.(label, time)
    }
    return Object.fromEntries(
      Object.entries(outputs).map(([name, placed]) => [name, copyOut(linear, placed)]),
    )
  }
}

function start(module: WebAssembly.Module, bytes: number): Live {
  const linear = new LinearMemory(bytes)
  return { linear, kernels: instantiate(module, linear.memory) }
}

function ignore(): void {}

function scratchBytes(kernels: Kernels, { scratch }: Lowered): number {
  const attention = kernels.attentionScratchFloats(scratch.tokens, scratch.headWidth) >>> 0
  // A page more, so that nothing ends at 2^32: a loop up to that address would not run.
  return Math.max(attention, padFloats(scratch.row)) * 4 + PAGE
}

/** A value without the padding of its rows. */
function copyOut(linear: LinearMemory, { address, stride, rows, columns }: Placed): Float32Array {
  const out = new Float32Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    out.set(linear.floats(address + row * stride, columns), row * columns)
  }
  return out
}
