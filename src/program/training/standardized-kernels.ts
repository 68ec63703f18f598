import type { Value, Weight } from '../values.ts'
import { gradientName } from './gradients.ts'
import type { TrainingOp, TrainingProgram, Update } from './operations.ts'
import type { Standardize } from './standardize.ts'

/** The weight that is trained, of which another is the standardised form. */
export const rawName = (kernel: string) => `${kernel}.raw`

/** A kernel that is standardised, and how. */
export interface StandardizedKernel extends Pick<Standardize, 'eps' | 'epsOn'> {
  readonly weight: Pick<Weight, 'name' | 'shape'>
}

/** Computes kernels from what is trained of them, `NAME.raw`, after it has changed. It has no inputs. */
export const standardizing = (kernels: readonly StandardizedKernel[]): TrainingProgram =>
  overWeights(kernels, ({ weight: { name }, eps, epsOn }, { weight, makes }) => {
    const kernel = weight(rawName(name))
    return { op: 'standardize', kernel, output: makes(name), eps, epsOn }
  })

/** Computes the gradient of `NAME.raw` from that of the kernel, `NAME.gradient`, when it is complete. */
export const standardizingGradients = (kernels: readonly StandardizedKernel[]): TrainingProgram =>
  overWeights(kernels, ({ weight: { name }, eps, epsOn }, { weight, makes }) => ({
    op: 'standardize_backward',
    kernel: weight(rawName(name)),
    outputGradient: weight(gradientName(name)),
    kernelGradient: makes(gradientName(rawName(name))),
    eps,
    epsOn,
  }))

interface Names {
  /** A weight that is read. */
  weight(name: string): number
  /** The new value of a weight. */
  makes(name: string): number
}

function overWeights(
  kernels: readonly StandardizedKernel[],
  operation: (kernel: StandardizedKernel, names: Names) => TrainingOp,
): TrainingProgram {
  const values: Value[] = []
  const weights: Weight[] = []
  const updates: Update[] = []
  const ops = kernels.map((kernel) => {
    const { shape } = kernel.weight
    const weight = (name: string) => weights.push({ name, shape, role: 'kernel' }) - 1
    return operation(kernel, {
      weight,
      makes(name) {
        const value = values.push({ name, shape, type: 'f32', shared: true }) - 1
        updates.push({ weight: weight(name), value, adds: false })
        return value
      },
    })
  })
  return { values, weights, ops, inputs: {}, outputs: {}, updates }
}
