import { platform } from '#platform'
import { Control } from '../../../assembly/tape.ts'
import { DisposedError } from '../../errors.ts'
import type { Program, Weight } from '../../program/program.ts'
import type { Executable, Model, Region, RunOptions } from '../backend.ts'
import { checkPixels, checkRegion, checkWeights, placeRegion } from '../weights.ts'
import { type Build, instantiate, type Kernels } from './kernels.ts'
import { CONTROL, PAGE, padFloats } from './layout.ts'
import { type Lowered, lower, type Placed } from './lower.ts'
import { LinearMemory } from './memory.ts'

/** Weights pass through here on their way from a file into panels. */
const STAGING_FLOATS = 1 << 18

/** How long the caller's thread is kept before others have a turn, in milliseconds. */
const SLICE = 12

/** A record with more floating-point operations than this, some milliseconds' worth, is run in parts. */
const PART_FLOPS = 2.5e8

/**
 * The weights of one model in a linear memory, in the layout of the kernels. Memory from below:
 * constants, control block, zeros, staging, weights, then the arena, which all programs of the model
 * use in turn: tape, scratch, values.
 */
export function createWasmModel(
  build: Build,
  module: WebAssembly.Module,
  weights: readonly Weight[],
): Model {
  let top = CONTROL + Control.Words * 4
  const allocate = (bytes: number) => {
    const address = top
    top += Math.ceil(bytes / 64) * 64
    return address
  }
  const widest = Math.max(16, ...weights.map(({ shape }) => padFloats(shape[1])))
  const zeros = allocate(widest * 4)
  const staging = allocate(STAGING_FLOATS * 4)
  const addresses = new Map(
    weights.map(({ name, shape: [rows, columns], role }) => {
      const floats =
        role === 'kernel'
          ? Math.ceil(columns / build.panel) * build.panel * rows
          : rows === 1
            ? padFloats(columns)
            : rows * columns
      return [name, allocate(floats * 4)]
    }),
  )
  const byName = new Map(weights.map((weight) => [weight.name, weight]))
  const arena = allocate(0)
  // Undefined once disposed: who keeps the model object does not keep its memory.
  let live: Live | undefined = start(module, arena)
  let queue: Promise<unknown> = Promise.resolve()

  return {
    write(name, region, start, values) {
      const { linear, kernels } = alive()
      const weight = byName.get(name)
      checkRegion(name, weight?.shape, region, start, values.length)
      const address = addresses.get(name)!
      if (weight!.role === 'kernel') {
        for (let done = 0; done < values.length; done += STAGING_FLOATS) {
          const slice = values.subarray(done, done + STAGING_FLOATS)
          linear.floats(staging, slice.length).set(slice)
          packPanels(kernels, staging, slice.length, address, weight!, region, start + done)
        }
      } else {
        const [rows, columns] = weight!.shape
        placeRegion(columns, region, start, values, linear.floats(address, rows * columns))
      }
    },

    compile(program: Program): Executable {
      checkWeights(program, weights)
      const { linear, kernels } = alive()
      const lowered = lower(program, {
        weight: (name) => addresses.get(name)!,
        zeros,
        panel: build.panel,
        arena,
      })
      const scratch = arena + lowered.arenaBytes
      linear.reserve(scratch + scratchBytes(kernels, lowered))
      return {
        async run(pixels, options = {}) {
          checkPixels(program, pixels)
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

interface Live {
  readonly linear: LinearMemory
  readonly kernels: Kernels
}

function start(module: WebAssembly.Module, bytes: number): Live {
  const linear = new LinearMemory(bytes)
  return { linear, kernels: instantiate(module, linear.memory) }
}

function ignore(): void {}

/** `count` staged values, the first of them value `start` of the region, into a weight's panels. */
function packPanels(
  kernels: Kernels,
  staging: number,
  count: number,
  address: number,
  { shape }: Weight,
  { row, column, rows, columns, transposed }: Region,
  start: number,
): void {
  const region = [row, column, rows, columns, Number(transposed)] as const
  kernels.packPanels(staging, count, address, shape[0], ...region, start)
}

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
