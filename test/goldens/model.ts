import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import type { Backend } from '../../src/backends/backend.ts'
import { referenceBackend } from '../../src/backends/reference/reference.ts'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import type { CheckpointFile } from '../../src/checkpoint/checkpoint.ts'
import { loadWeights } from '../../src/checkpoint/plan/load.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { bytesSource } from '../../src/checkpoint/source/memory.ts'
import type { Neighbours } from '../../src/checkpoint/source/neighbours.ts'
import { type AnyConfig, programOf } from '../../src/families/architectures.ts'
import { describeCheckpoint } from '../../src/families/describe.ts'
import { type CheckpointPlan, type PlanOptions, planCheckpoint } from '../../src/families/plan.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import { runnable } from '../backends/wasm/builds/runnable.ts'
import { sharedBytes, sharedPath } from '../shared.ts'

/** The reference, and the wasm backend with every build that this engine runs. */
export async function allBackends(): Promise<Backend[]> {
  const wasm = runnable.map(({ name }) => createWasmBackend({ kernels: name }))
  return [referenceBackend, ...(await Promise.all(wasm))]
}

export interface GoldenModel {
  readonly config: AnyConfig
  /** The named values for each image of `[count, height, width, 3]`, images one after the other. */
  run(pixels: Float32Array, names: readonly string[]): Promise<Record<string, Float32Array>>
}

/**
 * A checkpoint on any backend, with every value of its program in reach. A path is relative to the data
 * beside the project; a URL is a file of the project.
 * @param configFile lies beside the checkpoint, where its names don't tell everything
 */
export async function openModel(
  path: string | URL,
  backend: Backend,
  config: Partial<AnyConfig> = {},
  position: PlanOptions = {},
  configFile?: string,
): Promise<GoldenModel> {
  const { file, plan } = await planGolden(path, config, position, configFile)
  return runs(file, plan, backend)
}

/** The same file, open, and its plan. */
export async function planGolden(
  path: string | URL,
  config: Partial<AnyConfig> = {},
  position: PlanOptions = {},
  configFile?: string,
): Promise<{ file: CheckpointFile; plan: CheckpointPlan }> {
  const file = await openCheckpoint(path instanceof URL ? fileURLToPath(path) : sharedPath(path))
  const beside = configFile === undefined ? {} : { neighbours: besides(configFile) }
  const description = await describeCheckpoint(file, beside, { config }, { notice: () => {} })
  return { file, plan: await planCheckpoint(file, config, { ...position, description }) }
}

/** A file of the data beside the project as the `config.json` of a checkpoint. */
const besides = (path: string): Neighbours => ({
  open: async (name) =>
    name.endsWith('config.json') ? bytesSource(sharedBytes(path), name) : undefined,
})

async function runs(
  file: CheckpointFile,
  plan: CheckpointPlan,
  backend: Backend,
): Promise<GoldenModel> {
  const program = programOf(plan.config)
  const model = backend.createModel(program.weights)
  await loadWeights(file, plan, model)
  await file.close()
  const size = plan.config.imageSize[0] * plan.config.imageSize[1] * 3
  return {
    config: plan.config,
    async run(pixels, names) {
      const executable = model.compile(withoutUnusedRows(withOutputs(program, names)))
      const images: Record<string, Float32Array>[] = []
      for (let at = 0; at < pixels.length; at += size) {
        images.push(await executable.run({ pixels: pixels.subarray(at, at + size) }))
      }
      const all = (name: string) => Buffer.concat(images.map((one) => bytesOf(one[name]!)))
      return Object.fromEntries(
        names.map((name) => [name, new Float32Array(Uint8Array.from(all(name)).buffer)]),
      )
    },
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength)

/** `[count, 3, height, width]` to `[count, height, width, 3]`. */
export function toNHWC(pixels: Float32Array, [height, width]: readonly [number, number]) {
  const plane = height * width
  return pixels.map((_, i) => {
    const image = Math.floor(i / (plane * 3))
    const [pixel, channel] = [Math.floor((i % (plane * 3)) / 3), i % 3]
    return pixels[image * plane * 3 + channel * plane + pixel]!
  })
}

/** Asserts that no value is further than `bound` from the expected one. */
export function assertWithin(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
  what: string,
): void {
  assert.is(found.length, expected.length, `${what}: number of values`)
  let error = 0
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(found[i]! - expected[i]!)
    if (!(difference <= error)) error = difference
  }
  assert.ok(error <= bound, `${what}: off by ${error}, allowed ${bound}`)
}
