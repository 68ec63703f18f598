import { isDecayed, type Moments, updateAdamW } from './optimizers/adamw.ts'
import { type Trace, updateSGD } from './optimizers/sgd.ts'

export interface Update {
  /** Of the parameter. */
  readonly name: string
  /** The number of this update, from 1. */
  readonly step: number
  readonly learningRate: number
}

/** An optimiser, with its state for every parameter. */
export interface Optimizer {
  /** Changes a parameter in place. */
  update(parameter: Float32Array, gradient: Float32Array, update: Update): void
  /** Its state by names, to be saved: float32, or bfloat16 as 16 bits. */
  state(): Map<string, Float32Array | Uint16Array>
  /** Goes on from a saved state. */
  restore(state: ReadonlyMap<string, Float32Array | Uint16Array>): void
}

export interface SGDOptions {
  readonly momentum: number
  /** Of the accumulator; the release's is bfloat16. */
  readonly accumulator: 'float32' | 'bfloat16'
  /** Of kernels; see `isDecayed`. */
  readonly weightDecay?: number
}

/** Stochastic gradient descent with momentum; see `updateSGD`. */
export function sgd({ momentum, accumulator, weightDecay = 0 }: SGDOptions): Optimizer {
  const traces = new Map<string, Trace & (Float32Array | Uint16Array)>()
  const traceOf = (name: string, { length }: Float32Array) => {
    const known = traces.get(name)
    if (known) return known
    const made = accumulator === 'bfloat16' ? new Uint16Array(length) : new Float32Array(length)
    traces.set(name, made)
    return made
  }
  return {
    update(parameter, gradient, { name, learningRate }) {
      const trace = momentum === 0 ? undefined : traceOf(name, parameter)
      const decay = isDecayed(name) ? weightDecay : 0
      updateSGD(parameter, gradient, trace, { learningRate, momentum, weightDecay: decay })
    },
    state: () => new Map([...traces].map(([name, trace]) => [`${name}.trace`, trace])),
    restore(state) {
      for (const [name, trace] of state) traces.set(name.replace(/\.trace$/, ''), trace)
    },
  }
}

export interface AdamWOptions {
  /** Of kernels; see `isDecayed`. */
  readonly weightDecay: number
}

/** Adam with decoupled weight decay; see `updateAdamW`. */
export function adamw({ weightDecay }: AdamWOptions): Optimizer {
  const moments = new Map<string, Moments & Record<'first' | 'second', Float32Array>>()
  const momentsOf = (name: string, length: number) => {
    const made = moments.get(name) ?? {
      first: new Float32Array(length),
      second: new Float32Array(length),
    }
    moments.set(name, made)
    return made
  }
  return {
    update(parameter, gradient, { name, step, learningRate }) {
      const decay = isDecayed(name) ? weightDecay : 0
      const own = momentsOf(name, parameter.length)
      updateAdamW(parameter, gradient, own, { learningRate, step, weightDecay: decay })
    },
    state: () =>
      new Map(
        [...moments].flatMap(([name, { first, second }]): [string, Float32Array][] => [
          [`${name}.first`, first],
          [`${name}.second`, second],
        ]),
      ),
    restore(state) {
      for (const [key, values] of state) {
        const [, name, which] = /^(.*)\.(first|second)$/.exec(key)!
        momentsOf(name!, values.length)[which as 'first' | 'second'].set(values)
      }
    },
  }
}
