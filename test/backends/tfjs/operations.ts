import type { Backend } from '../../../src/backends/backend.ts'
import {
  bottleneck,
  compareOutputs,
  convolution,
  embedding,
  inputsOf,
  mixing,
  norms,
  windows,
} from '../operations.ts'
import { attention, constants, everyHeadWidth, gated, linear, rotated } from '../programs.ts'

/** Compares the operations that plain ViTs do without with float64. */
export async function compareOperations(backend: Backend, bound: number): Promise<void> {
  const channels = [1, 3, 5, 32, 64]
  for (const [i, [name, window]] of Object.entries(windows).entries()) {
    const images = 1 + (i % 3)
    const program = convolution(window, channels[i % channels.length]!, 9, false)
    await compareOutputs(backend, name, program, { bound, images })
  }
  await compareOutputs(backend, 'block', bottleneck([7, 10], 5, 6), { bound, images: 2 })
  for (const [rows, columns, groups] of [
    [33, 6, 3],
    [130, 64, 32],
    [17, 260, 2],
  ] as const) {
    const program = norms(rows, columns, groups)
    const what = `[${rows}, ${columns}] in ${groups} groups`
    await compareOutputs(backend, what, program, { bound, images: 2 })
    const inputs = inputsOf(program, 1, 5)
    await compareOutputs(backend, `${what}, nearly flat`, program, { bound: 1e-3, inputs })
  }
  for (const [what, program] of everyHeadWidth) {
    await compareOutputs(backend, what, program, { bound, images: 2 })
  }
  for (const headWidth of [72, 96]) {
    const what = `plain heads of ${headWidth}`
    await compareOutputs(backend, what, attention(19, 19, 2, headWidth), { bound, images: 2 })
  }
  for (const [headWidth, from, more] of [
    [4, 0, 3],
    [12, 2, 12],
    [64, 1, 0],
  ] as const) {
    const program = rotated(7, 3, headWidth, from, more)
    await compareOutputs(backend, `rotated heads of ${headWidth}`, program, { bound, images: 2 })
  }
  await compareOutputs(backend, 'mixing', mixing(33, 6), { bound, images: 2 })
  await compareOutputs(backend, 'tokens', embedding(7, 10, true), { bound, images: 3 })
  await compareOutputs(backend, 'tokens', embedding(1, 3, false), { bound })
  for (const images of [1, 2]) {
    await compareOutputs(backend, 'gated', gated(7, 5, 9), { bound, images })
    await compareOutputs(backend, 'constants', constants(5, 3, 4), { bound, images })
  }
  for (const activation of ['silu', 'quick_gelu'] as const) {
    await compareOutputs(backend, activation, linear(5, 7, 17, activation), { bound })
  }
}
