/** How an optimiser changes a weight by its gradient. Its numbers are f32. */
export type UpdateRule = SGDRule | AdamWRule

/** `u = g + momentum * trace`, `weight -= rate * u`; without momentum there is no trace. */
export interface SGDRule {
  readonly kind: 'sgd'
  readonly momentum: number
  /** The type in which the trace is kept. */
  readonly accumulator: 'float32' | 'bfloat16'
}

/** Adam with decoupled weight decay. */
export interface AdamWRule {
  readonly kind: 'adamw'
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
}

/** A weight that is updated, by the names under which a model has it. */
export interface UpdatedWeight {
  readonly weight: string
  readonly gradient: string
  /** What the rule keeps of it: of SGD the trace, of AdamW the means of gradients and of their squares. */
  readonly state: readonly string[]
  readonly decay: number
}

/** What differs from update to update. */
export interface UpdateNumbers {
  readonly learningRate: number
  /** The number of the update, from 1. */
  readonly step: number
  /** Gradients are divided by the norm and multiplied by `most`; not at all unless given. */
  readonly clip?: { readonly norm: number; readonly most: number } | undefined
}

/** Updates of weights where they lie. */
export interface Updates {
  /** The sum of the squares of each gradient, in the order of the weights. */
  squares(): Promise<Float64Array>
  /** Updates all weights and their state. Where that fails, a model refuses them until they are written. */
  apply(numbers: UpdateNumbers): Promise<void>
}
