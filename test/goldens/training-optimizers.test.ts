import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { crossEntropy, smoothedLabels } from '../../src/train/recipe/loss.ts'
import { updateAdamW } from '../../src/train/recipe/optimizers/adamw.ts'
import { updateAverage } from '../../src/train/recipe/optimizers/average.ts'
import { fromBfloat16 } from '../../src/train/recipe/optimizers/bfloat16.ts'
import { clipByGlobalNorm } from '../../src/train/recipe/optimizers/clip.ts'
import type { Values } from '../../src/train/recipe/optimizers/rounding.ts'
import { updateSGD } from '../../src/train/recipe/optimizers/sgd.ts'
import { sharedJSON, sharedTest } from '../shared.ts'

type Tensors = Readonly<Record<string, readonly number[]>>

interface Step {
  readonly params: Tensors
  readonly momentum?: Tensors
  readonly m?: Tensors
  readonly v?: Tensors
}

interface Unit {
  readonly shapes: Readonly<Record<string, number[]>>
  readonly decayed?: Readonly<Record<string, boolean>>
  readonly initial_params: Tensors
  readonly gradients: readonly Tensors[]
  readonly lr: readonly number[]
  readonly b1: number
  readonly b2: number
  readonly eps: number
  readonly weight_decay?: number
  readonly momentum?: number
  readonly max_norm?: number
  readonly float32: readonly Step[]
  readonly float64: readonly Step[]
}

interface Clip {
  readonly max_norm: number
  readonly gradient: Tensors
  readonly norm?: number
  readonly clipped?: Tensors
  readonly float32?: { readonly norm: number; readonly clipped: Tensors }
  readonly float64?: { readonly norm: number; readonly clipped: Tensors }
}

interface Smoothing {
  readonly smoothing: number
  readonly classes: number
  readonly labels: number[]
  readonly logits: number[]
  readonly smoothed: number[]
  readonly float32: { readonly loss: number; readonly gradient: number[] }
  readonly float64: { readonly loss: number; readonly gradient: number[] }
}

interface Average {
  readonly decays: number[]
  readonly float32: readonly Tensors[]
  readonly float64: readonly Tensors[]
}

interface Momentum {
  readonly lr: number
  readonly momentum: number
  readonly initial_params: number[]
  readonly steps: readonly { gradient: number[]; momentum: number[]; params: number[] }[]
}

const more = () =>
  sharedJSON<{
    optimizer_units: Record<string, Unit> & {
      clip_by_global_norm: { cases: Clip[] }
      label_smoothing: { cases: Smoothing[] }
      ema: { cases: Average[] }
    }
  }>('golden/training-more/golden.json').optimizer_units

const first = () =>
  sharedJSON<{
    optimizer_units: {
      clip_by_global_norm: Clip[]
      sgd_momentum_bfloat16: Momentum
      sgd_momentum_float32: Momentum
    }
  }>('golden/training/golden.json').optimizer_units

type Precision = 'float32' | 'float64'
const PRECISIONS: readonly Precision[] = ['float32', 'float64']

const make = (precision: Precision, values: readonly number[]): Values => {
  const f32 = Float32Array.from(values)
  return precision === 'float32' ? f32 : Float64Array.from(f32)
}

/** float32 to the bit, or to so many last places; float64 to 1e-14 of the largest. */
function same(what: string, found: Values, expected: readonly number[], places = 0): void {
  assert.is(found.length, expected.length, what)
  const largest = Math.max(...expected.map(Math.abs))
  expected.forEach((value, i) => {
    const error = Math.abs(found[i]! - (found instanceof Float32Array ? Math.fround(value) : value))
    const bound =
      found instanceof Float32Array ? places * 2 ** -23 * Math.abs(value) : 1e-14 * largest
    assert.ok(error <= bound, `${what}[${i}]: ${found[i]} instead of ${value}`)
  })
}

/** The names in the order of the release, which decides the order of sums. */
const namesOf = (unit: { readonly shapes: object }) => Object.keys(unit.shapes).sort()

function eachStep(
  unit: Unit,
  precision: Precision,
  update: (name: string, parameter: Values, gradient: Values, step: number) => void,
  check: (name: string, expected: Step, parameter: Values, step: number) => void,
): void {
  const names = namesOf(unit)
  const parameters = names.map((name) => make(precision, unit.initial_params[name]!))
  unit.gradients.forEach((all, step) => {
    const gradients = names.map((name) => make(precision, all[name]!))
    if (unit.max_norm !== undefined) clipByGlobalNorm(gradients, unit.max_norm)
    names.forEach((name, i) => {
      update(name, parameters[i]!, gradients[i]!, step)
      check(name, unit[precision][step]!, parameters[i]!, step)
    })
  })
  assert.is(unit.gradients.length, 6)
}

for (const precision of PRECISIONS) {
  for (const name of ['adamw', 'adamw_no_mask', 'clip_adamw']) {
    sharedTest(`${name} in ${precision}`, () => {
      const unit = more()[name]!
      const state = new Map(
        namesOf(unit).map((tensor) => {
          const zeros = unit.initial_params[tensor]!.map(() => 0)
          return [tensor, { first: make(precision, zeros), second: make(precision, zeros) }]
        }),
      )
      eachStep(
        unit,
        precision,
        (tensor, parameter, gradient, step) =>
          updateAdamW(parameter, gradient, state.get(tensor)!, {
            learningRate: unit.lr[step]!,
            step: step + 1,
            beta1: unit.b1,
            beta2: unit.b2,
            epsilon: unit.eps,
            weightDecay: unit.decayed![tensor] ? unit.weight_decay! : 0,
          }),
        (tensor, expected, parameter, step) => {
          const what = `${tensor} ${step}`
          const { first, second } = state.get(tensor)!
          same(what, parameter, expected.params[tensor]!)
          same(`${what} m`, first, expected.m![tensor]!)
          // In the chain with clipping the compiler fuses the other product of the sum.
          same(`${what} v`, second, expected.v![tensor]!, name === 'clip_adamw' ? 4 : 0)
        },
      )
    })
  }

  for (const name of ['sgd_momentum', 'sgd_plain', 'clip_sgd_momentum_weight_decay']) {
    sharedTest(`${name} in ${precision}`, () => {
      const unit = more()[name]!
      const traces = new Map(
        namesOf(unit).map((tensor) => [
          tensor,
          unit.momentum === undefined
            ? undefined
            : make(
                precision,
                unit.initial_params[tensor]!.map(() => 0),
              ),
        ]),
      )
      eachStep(
        unit,
        precision,
        (tensor, parameter, gradient, step) =>
          updateSGD(parameter, gradient, traces.get(tensor), {
            learningRate: unit.lr[step]!,
            momentum: unit.momentum ?? 0,
            ...(unit.decayed?.[tensor] && { weightDecay: unit.weight_decay! }),
          }),
        (tensor, expected, parameter, step) => {
          const trace = traces.get(tensor)
          same(`${tensor} ${step}`, parameter, expected.params[tensor]!)
          if (trace) same(`${tensor} ${step} trace`, trace, expected.momentum![tensor]!)
        },
      )
    })
  }

  sharedTest(`clipping in ${precision}`, () => {
    const cases = [
      ...more().clip_by_global_norm.cases,
      ...(precision === 'float32'
        ? first().clip_by_global_norm.map((one) => ({
            ...one,
            float32: { norm: one.norm!, clipped: one.clipped! },
          }))
        : []),
    ]
    assert.ok(cases.length >= 5)
    for (const one of cases) {
      const names = Object.keys(one.gradient).sort()
      const gradients = names.map((name) => make(precision, one.gradient[name]!))
      const expected = one[precision]!
      const norm = clipByGlobalNorm(gradients, one.max_norm)
      same('norm', precision === 'float32' ? Float32Array.of(norm) : Float64Array.of(norm), [
        expected.norm,
      ])
      for (const [i, name] of names.entries()) {
        same(name, gradients[i]!, expected.clipped[name]!)
      }
    }
  })

  sharedTest(`label smoothing in ${precision}`, () => {
    const { cases } = more().label_smoothing
    assert.ok(cases.length > 4)
    for (const { smoothing, classes, labels, logits, smoothed, ...rows } of cases) {
      const targets = smoothedLabels(labels, classes, smoothing)
      same('targets', targets, smoothed)
      const { loss, gradient } = crossEntropy(make(precision, logits), targets, classes)
      const expected = rows[precision]
      // The golden's own float32 sums differ from float64 by a few last places.
      const bound = precision === 'float32' ? 5e-7 : 1e-14
      assert.ok(Math.abs(loss - expected.loss) <= bound * Math.max(1, expected.loss), `${loss}`)
      for (const [i, value] of expected.gradient.entries()) {
        assert.ok(Math.abs(gradient[i]! - value) <= bound, `${gradient[i]} ${value}`)
      }
    }
  })

  sharedTest(`moving averages in ${precision}`, () => {
    const { adamw, ema } = more()
    assert.is(ema.cases.length, 2)
    for (const one of ema.cases) {
      const averages = new Map(
        namesOf(adamw!).map((name) => [name, make(precision, adamw!.initial_params[name]!)]),
      )
      one[precision].forEach((expected, step) => {
        for (const [name, average] of averages) {
          const values = adamw![precision][step]!.params[name]!
          const parameter =
            precision === 'float32' ? Float32Array.from(values) : Float64Array.from(values)
          updateAverage(average, parameter, one.decays[step]!)
          same(`${name} ${step}`, average, expected[name]!)
        }
      })
    }
  })
}

sharedTest('momentum of the release: a bfloat16 accumulator and a float32 one, to the bit', () => {
  const units = first()
  for (const isHalf of [true, false]) {
    const unit = isHalf ? units.sgd_momentum_bfloat16 : units.sgd_momentum_float32
    const parameter = Float32Array.from(unit.initial_params)
    const { length } = parameter
    const trace = isHalf ? new Uint16Array(length) : new Float32Array(length)
    const options = { learningRate: unit.lr, momentum: unit.momentum }
    for (const step of unit.steps) {
      updateSGD(parameter, Float32Array.from(step.gradient), trace, options)
      const momentum = Float32Array.from(trace, (value) => (isHalf ? fromBfloat16(value) : value))
      same('momentum', momentum, step.momentum)
      same('parameters', parameter, step.params)
    }
    assert.is(unit.steps.length, 6)
  }
})

test.run()
