import { platform } from '#platform'
import type { KernelUse } from '../builds/builds.ts'
import { whileFusing } from './compile.ts'
import { findObstacle, narrowBecause, pairOf, type WideChoice } from './narrow.ts'

/**
 * 256-bit SIMD from 128-bit WebAssembly. While its flag is set, an experimental pass of V8 fuses pairs of
 * adjacent SIMD operations into one AVX2 operation when it optimises a function. The flag is set only for
 * the milliseconds in which our kernels are optimised. Other wasm optimised in that time, on any thread of
 * the process, is fused too; the pass is designed not to change results. For our kernels we check that
 * results are bit-identical and that fusion is faster.
 */

/** V8 versions on which this project's tests pass with the flag. */
const TESTED_V8 = ['13.6', '14.6']

const choices = new Map<string, Promise<WideChoice>>()

/**
 * Decides whether to use the 256-bit kernels. They are measured once per process and use, since all threads
 * share optimised code. The times of the narrow kernels may come from an earlier process.
 */
export async function chooseWide(wanted: boolean | undefined, use: KernelUse): Promise<WideChoice> {
  const pair = await pairOf(use.dtype)
  const key = `${use.dtype} ${use.shared} ${use.training ?? false}`
  const narrow = (reason: string) => narrowBecause(pair, reason)
  const obstacle = findObstacle(wanted) ?? findEngineObstacle()
  if (obstacle) return narrow(obstacle)
  let choice = choices.get(key)
  if (!choice) {
    choice = import('./measure.ts')
      .then(({ measure }) => measure(pair, use))
      .then(
        ({ use, reason }) => (use ? { use, build: pair.wide, reason } : narrow(reason)),
        (error: Error) => narrow(`trying 256 failed: ${error.message}`),
      )
    choices.set(key, choice)
  }
  return choice
}

function findEngineObstacle(): string | undefined {
  const v8 = platform.v8!
  if (v8.architecture !== 'x64') return `there is nothing to fuse on ${v8.architecture}`
  if (!TESTED_V8.some((version) => v8.version.startsWith(`${version}.`))) {
    return `V8 ${v8.version} is not among the tested versions (${TESTED_V8.join(', ')})`
  }
  return undefined
}

/** `whileFusing`, or undefined where this engine does not fuse. For measurements. */
export function withWideFlag(): typeof whileFusing | undefined {
  return platform.v8 && findEngineObstacle() === undefined ? whileFusing : undefined
}
