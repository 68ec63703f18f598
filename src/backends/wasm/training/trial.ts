import { withOutputs } from '../../../program/passes/outputs.ts'
import { gradientName, withGradients } from '../../../program/training/gradients.ts'
import type { Build } from '../builds/builds.ts'
import type { CompileOptions } from '../builds/kernels.ts'
import { scheduler } from '../threads/scheduler.ts'
import { fillTrial, type TrialRuns, trialProgram } from '../v8/trial-program.ts'
import { compileTrainingBuild } from './builds.ts'
import { createTrainingModel } from './model.ts'

/**
 * The kernels for training, with runs that use every one that has a wide form: the forward pass of the trial program, its
 * gradients, and the same gradients added to them.
 */
export async function prepareTrainingTrial(
  build: Build,
  { shared = false, fused = false }: CompileOptions,
): Promise<TrialRuns> {
  const program = trialProgram()
  const logits = 'rows1'
  const one = withOutputs(program, [logits])
  const trained = { ...one, outputs: { logits: one.outputs[logits]! } }
  const gradients = (adds: boolean) =>
    withGradients(trained, { trains: () => true, share: 1, adds })
  const module = await compileTrainingBuild(build, { shared, fused })
  const { weights } = gradients(false)
  const model = createTrainingModel(build, module, weights, scheduler, { shared })
  const pixels = fillTrial(model, program)
  const forward = model.compile(program)
  const steps = [false, true].map((adds) => model.compileTraining!(gradients(adds)))
  const [, classes] = one.values[one.outputs[logits]!]!.shape
  const targets = Float32Array.from({ length: classes }, (_, i) => Number(i === 1))
  return {
    module,
    async run() {
      const results = Object.values(await forward.run({ pixels }))
      for (const step of steps) results.push(...Object.values(await step.run({ pixels, targets })))
      for (const { name } of one.weights) results.push(await model.read!(gradientName(name)))
      return results
    },
  }
}
