import { onlyInput } from '../../../src/backends/inputs.ts'
import { UnsupportedError } from '../../../src/errors.ts'
import { inputsOf } from '../../../src/program/ops/operations.ts'
import type { Program } from '../../../src/program/program.ts'
import { arePatches } from '../formats/windows.ts'
import { refuseConvolutions } from './convolutions.ts'
import type { JaxArray } from './jax-js.ts'

/**
 * Cuts a program's pixels into patches `[patches, patch values]`, as a function for a `jit` of its own:
 * fused into the product with the patch kernel it makes that fifty times slower. The function for the
 * rest of the program then gets the patches for its input.
 * @returns undefined where the program has no patches
 * @throws UnsupportedError where something other than one patch embedding reads the pixels, and for windows that overlap or are padded
 */
export function jaxPatches(program: Program) {
  const [op, ...others] = program.ops.filter((op) => op.op === 'conv2d')
  if (!op) return undefined
  if (!arePatches(op.window)) refuseConvolutions()
  const { id } = onlyInput(program)
  const readers = program.ops.filter((op) => inputsOf(op).includes(id))
  if (others.length > 0 || op.input !== id || readers.length > 1) {
    throw new UnsupportedError(
      'For jax-js, pixels are cut into patches beforehand: expected one patch embedding that alone reads the input.',
    )
  }
  const [, channels] = program.values[op.input]!.shape
  const [high, wide] = [op.window.size[0], op.window.size[1] * channels]
  const { outputs: grid } = op.window
  return (pixels: JaxArray): JaxArray =>
    pixels
      .reshape([op.window.grid[0], op.window.grid[1] * channels])
      .slice([0, grid[0] * high], [0, grid[1] * wide])
      .reshape([grid[0], high, grid[1], wide])
      .transpose([0, 2, 1, 3])
      .reshape([grid[0] * grid[1], high * wide])
}
