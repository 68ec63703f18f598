import { ArgumentError } from '../../errors.ts'
import type { Program } from '../program.ts'
import type { Value, ValueId, Weight, WeightId } from '../values.ts'
import {
  rules,
  type TrainingOp,
  type TrainingProgram,
  trainingOperationOf,
  type Update,
} from './operations.ts'
import type { Gradients, Rule } from './rule.ts'
import { withoutActivations } from './without-activations.ts'

export interface GradientOptions {
  /** Whether a weight, by its name, is trained. */
  trains(weight: string): boolean
  /** The share of one image in the loss: 1 / N for the mean over N images. */
  readonly share: number
  /** Whether gradients are added to those of earlier runs; else they replace them. */
  readonly adds: boolean
}

/** The weight that holds the gradient of another. */
export const gradientName = (weight: string) => `${weight}.gradient`

/**
 * A program's forward pass, the cross entropy of its logits, and the gradients of the weights that are trained. Beside
 * the program's inputs it takes `targets`, probabilities `[1, classes]`; its outputs are `loss` `[1, 1]` and `logits`.
 * What does not lead to a weight that is trained is not computed.
 * @param program with one row of logits
 * @throws ArgumentError where it has more or none, and where nothing is trained
 */
export function withGradients(program: Program, options: GradientOptions): TrainingProgram {
  const { logits } = program.outputs
  const shape = logits === undefined ? undefined : program.values[logits]!.shape
  if (logits === undefined || shape![0] !== 1) {
    throw new ArgumentError('A model is trained by one row of logits for each image.')
  }
  const net = new Backward(program, options)
  net.start(logits, shape!)
  return net.finish(logits)
}

class Backward implements Gradients<TrainingOp> {
  readonly #options: GradientOptions
  readonly #program: Program
  readonly #values: Value[]
  readonly #ops: TrainingOp[]
  readonly #weights: Weight[]
  readonly #updates: Update[] = []
  /** Values that depend on a weight that is trained. */
  readonly #active = new Set<ValueId>()
  readonly #gradients = new Map<ValueId, ValueId>()
  readonly #forward: readonly TrainingOp[]
  #loss: ValueId = -1
  #targets: ValueId = -1

  constructor(program: Program, options: GradientOptions) {
    this.#options = options
    this.#program = program
    const { values, ops } = withoutActivations(program)
    this.#values = values
    this.#ops = [...ops]
    this.#forward = ops
    this.#weights = [...program.weights]
    for (const op of ops) {
      const { reads, makes, weights } = trainingOperationOf(op)
      const trains = ids(op, Object.keys(weights)).some((id) => this.#trains(id))
      if (!trains && !ids(op, reads).some((id) => this.#active.has(id))) continue
      for (const id of ids(op, makes)) this.#active.add(id)
    }
  }

  start(logits: ValueId, shape: Value['shape']): void {
    if (!this.#active.has(logits)) throw new ArgumentError('No weight of this model is trained.')
    this.#targets = this.#value('targets', shape)
    this.#loss = this.#value('loss', [1, 1])
    const logitsGradient = this.like(logits)!
    const { share: weight } = this.#options
    const read = { logits, targets: this.#targets }
    this.push({ op: 'cross_entropy', ...read, loss: this.#loss, logitsGradient, weight })
    this.pass(logits, logitsGradient)
    for (const op of this.#forward.toReversed()) {
      const [main] = trainingOperationOf(op).makes
      const gradient = this.#gradients.get(op[main] as ValueId)
      if (gradient !== undefined)
        (rules[op.op as keyof typeof rules] as Rule<TrainingOp, TrainingOp>)(op, gradient, this)
    }
  }

  finish(logits: ValueId): TrainingProgram {
    return {
      values: this.#values,
      weights: this.#weights,
      ops: this.#ops,
      inputs: { ...this.#program.inputs, targets: this.#targets },
      outputs: { loss: this.#loss, logits },
      updates: this.#updates,
    }
  }

  like(value: ValueId): ValueId | undefined {
    if (!this.#active.has(value)) return undefined
    const { name, shape } = this.#values[value]!
    return this.#value(gradientName(name), shape)
  }

  ofWeight(id: WeightId | undefined): ValueId | undefined {
    if (id === undefined || !this.#trains(id)) return undefined
    const { name, shape, role } = this.#weights[id]!
    const stored = gradientName(name)
    const found = this.#weights.findIndex((weight) => weight.name === stored)
    const weight = found >= 0 ? found : this.#weights.push({ name: stored, shape, role }) - 1
    const value = this.#values.push({ name: stored, shape, type: 'f32', shared: true }) - 1
    // A weight that is used twice gets the sum of both.
    this.#updates.push({ weight, value, adds: found >= 0 || this.#options.adds })
    return value
  }

  pass(value: ValueId, gradient: ValueId): void {
    if (!this.#active.has(value)) return
    const one = this.#gradients.get(value)
    if (one === undefined) {
      this.#gradients.set(value, gradient)
      return
    }
    const output = this.like(value)!
    this.push({ op: 'add', one, other: gradient, output })
    this.#gradients.set(value, output)
  }

  rows(value: ValueId): number {
    return this.#values[value]!.shape[0]
  }

  push(op: TrainingOp): void {
    this.#ops.push(op)
  }

  #value(name: string, shape: Value['shape']): ValueId {
    return this.#values.push({ name, shape, type: 'f32' }) - 1
  }

  #trains(id: WeightId): boolean {
    const { name, role } = this.#program.weights[id]!
    return role !== 'table' && this.#options.trains(name)
  }
}

const ids = (op: TrainingOp, fields: readonly PropertyKey[]): number[] =>
  fields.flatMap((field) => (op as unknown as Record<PropertyKey, number | undefined>)[field] ?? [])
