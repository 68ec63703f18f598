import { NumericError } from '../../errors.ts'
import { firstNonFinite } from '../../finite.ts'
import { orderOf } from '../../image/augment/draws.ts'
import { applyRule } from '../recipe/apply-rule.ts'
import { crossEntropy, smoothedLabels } from '../recipe/loss.ts'
import { adamw, sgd, stateNames } from '../recipe/optimizer.ts'
import { clipByGlobalNorm } from '../recipe/optimizers/clip.ts'
import { checkSchedule, learningRate } from '../recipe/schedule.ts'
import type { Step } from '../trainer.ts'
import { HeadGradient, LinearHead } from './linear-head.ts'
import type { headRecipe } from './recipe.ts'
import { Turn } from './turn.ts'

/** A feature and the number of its class. */
export interface Labelled {
  readonly feature: Float32Array
  readonly label: number
}

/**
 * Trains a head from zeros: softmax regression, with the recipe's schedule, optimiser and loss. It runs in the caller's
 * thread, in slices of a few milliseconds.
 * @returns each update, with the head as it is then
 * @throws ArgumentError for a schedule that makes no sense; NumericError where training diverges; the signal's reason
 */
export async function* fit(
  examples: readonly Labelled[],
  labels: readonly string[],
  recipe: ReturnType<typeof headRecipe>,
  signal?: AbortSignal,
): AsyncGenerator<Step & { readonly head: LinearHead }, void, undefined> {
  checkSchedule(recipe)
  const head = new LinearHead(labels, examples[0]!.feature.length)
  const gradient = new HeadGradient(head)
  const { optimizer: kind, weightDecay, totalSteps, batch, gradNormClip, labelSmoothing } = recipe
  const { rule, decay } =
    kind === 'sgd'
      ? sgd({ momentum: 0.9, accumulator: 'float32', weightDecay })
      : adamw({ weightDecay })
  const states = { kernel: stateOf(head.kernel), bias: stateOf(head.bias) }
  const rateAt = learningRate(recipe)
  const order = endless(examples.length, recipe.seed)
  const turn = new Turn()
  const logits = new Float32Array(batch * labels.length)
  const row = (values: Float32Array, i: number) =>
    values.subarray(i * labels.length, (i + 1) * labels.length) as Float32Array<ArrayBuffer>
  for (let step = 1; step <= totalSteps; step++) {
    const chosen = Array.from({ length: batch }, () => examples[order.next().value]!)
    for (const [i, { feature }] of chosen.entries()) {
      head.logits(feature, row(logits, i))
      if (turn.isOver) await turn.give(signal)
    }
    const numbers = chosen.map(({ label }) => label)
    const targets = smoothedLabels(numbers, labels.length, labelSmoothing)
    const { loss, gradient: slopes } = crossEntropy(logits, targets, labels.length)
    gradient.clear()
    for (const [i, { feature }] of chosen.entries()) {
      gradient.add(feature, row(slopes as Float32Array, i))
      if (turn.isOver) await turn.give(signal)
    }
    const isBroken = [gradient.kernel, gradient.bias].some((all) => firstNonFinite(all) >= 0)
    if (isBroken || !Number.isFinite(loss)) {
      throw new NumericError(
        `Training came to values that are not finite at update ${step} (loss ${loss}). Try a lower baseLr.`,
      )
    }
    const norm = clipByGlobalNorm([gradient.kernel, gradient.bias], gradNormClip)
    const rate = rateAt(step - 1)
    for (const name of ['kernel', 'bias'] as const) {
      const update = { learningRate: rate, step, weightDecay: decay(`head.${name}`) }
      applyRule(rule, head[name], gradient[name], states[name], update)
    }
    yield { step, loss, norm, learningRate: rate, head }
  }

  function stateOf({ length }: Float32Array) {
    return stateNames(rule, '').map(() => new Float32Array(length))
  }
}

/** Places of examples without end: each epoch has all of them once, in an order of its own. */
function* endless(count: number, seed: number): Generator<number, never> {
  for (let epoch = 0; ; epoch++) yield* orderOf(count, seed, epoch)
}
