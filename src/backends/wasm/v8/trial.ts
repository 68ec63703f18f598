import { crc32 } from '../../../bytes/crc32.ts'
import type { Dtype, Executable } from '../../backend.ts'
import { type Build, integerSteps, type KernelUse } from '../builds/builds.ts'
import { instantiate } from '../builds/instance.ts'
import { type CompileOptions, compileBuild } from '../builds/kernels.ts'
import { PAGE } from '../memory/layout.ts'
import { LinearMemory } from '../memory/linear-memory.ts'
import { createWasmModel } from '../model.ts'
import { scheduler } from '../threads/scheduler.ts'
import { fillTrial, type TrialRuns, trialProgram } from './trial-program.ts'

/** The inner dimension of a timed tile. */
const INNER = 512

/** Runs per measurement, which then takes tens of microseconds. */
const REPEATS = 5

export interface Trial {
  /** Runs the programs. Returns a checksum of the bits of their results. */
  checksum(): Promise<number>
  /**
   * Measures the kernels in milliseconds per row and column: first `products` times of full tiles, then
   * softmax, then tiles of fewer rows. Of training, the last is the time of the programs.
   */
  times(): Promise<readonly number[]>
  readonly products: number
}

/** Prepares the trial programs on one build. */
export async function prepareTrial(
  build: Build,
  { dtype = 'f32', training = false, ...of }: Partial<KernelUse> & CompileOptions = {},
): Promise<Trial> {
  const { module, run } = training
    ? await (await import('../training/trial.ts')).prepareTrainingTrial(build, of)
    : await prepareRuns(build, dtype, of)
  const bench = instantiate(module, new LinearMemory(3 * PAGE, of.shared ?? false).memory)
  return {
    async checksum() {
      return (await run()).reduce((sum, { buffer }) => crc32(new Uint8Array(buffer), sum), 0)
    },
    products: dtype === 'f32' ? 1 : 2,
    async times() {
      const { tile, integerTile, MR, INTEGER_MR } = bench
      // The time of a product does not depend on its values, so zeros are enough.
      const [a, b, c, zeros] = [PAGE, PAGE + 16384, 2 * PAGE, 2 * PAGE + 4096]
      const timeTile = (kernel: typeof tile, steps: number) => (rows: number) => {
        const run = () => kernel(rows, a, b, c, build.panel * 4, steps, zeros, 0, 0)
        return timeOf(REPEATS, run) / (rows * build.panel)
      }
      const softmax = timeOf(REPEATS, () => bench.softmaxColumns(b, 16, c)) / build.panel
      const floats = tileTimes(MR.value, timeTile(tile, INNER))
      if (training) {
        const start = performance.now()
        await run()
        return [floats.full, softmax, ...floats.less, performance.now() - start]
      }
      if (dtype === 'f32') return [floats.full, softmax, ...floats.less]
      const steps = integerSteps(build, INNER)
      const integers = tileTimes(INTEGER_MR.value, timeTile(integerTile, steps))
      return [floats.full, integers.full, softmax, ...floats.less, ...integers.less]
    },
  }
}

async function prepareRuns(
  build: Build,
  dtype: Dtype,
  { shared = false, fused = false }: CompileOptions,
): Promise<TrialRuns> {
  const program = trialProgram()
  const module = await compileBuild(build, { shared, fused })
  const model = createWasmModel(build, module, program.weights, scheduler, { dtype, shared })
  const pixels = fillTrial(model, program)
  const executable: Executable = model.compile(program)
  return { module, run: async () => Object.values(await executable.run({ pixels })) }
}

function tileTimes(most: number, time: (rows: number) => number) {
  return { full: time(most), less: Array.from({ length: most - 1 }, (_, i) => time(i + 1)) }
}

function timeOf(count: number, action: () => void): number {
  const start = performance.now()
  for (let i = 0; i < count; i++) action()
  return performance.now() - start
}
