import type { Activate } from '../../../../program/training/activation.ts'
import { erfFit, quickFactor, tanhFit } from '../../../gelu-fit.ts'
import { activationText } from '../../kernels/epilogue.ts'
import { type Binding, index, type Kernel, kernel } from '../../kernels/kernel.ts'

/** Threads per workgroup; each computes one vector. */
export const POINTWISE_THREADS = 64

/** `out[i] = value`, for `count` vectors. Padding columns stay zero, since every function here is 0 there. */
function pointwise(name: string, reads: readonly string[], value: string, before = ''): Kernel {
  return kernel({
    name: `f32_${name}`,
    bindings: [
      ...reads.map((name): Binding => ({ name, type: 'vec4<f32>' })),
      { name: 'out', type: 'vec4<f32>', access: 'write' },
    ],
    params: ['count'],
    workgroup: [POINTWISE_THREADS],
    before,
    body: `  let i = ${index} * ${POINTWISE_THREADS}u + thread;
  if (i >= params.count) { return; }
  out[i] = ${value};`,
  })
}

export const add = (): Kernel => pointwise('add', ['one', 'other'], 'one[i] + other[i]')

export const activate = (activation: Activate['activation'], residual: boolean): Kernel =>
  pointwise(
    `activate_${activation}${residual ? '_residual' : ''}`,
    residual ? ['x', 'residual'] : ['x'],
    `activate(x[i])${residual ? ' + residual[i]' : ''}`,
    activationText(activation),
  )

export const activateBackward = (activation: Activate['activation']): Kernel =>
  pointwise(
    `activate_backward_${activation}`,
    ['x', 'dy'],
    'dy[i] * slope(x[i])',
    slopeText(activation),
  )

/** The WGSL function `slope`, the derivative of `activate`; clamped as that is. */
export function slopeText(activation: Activate['activation']): string {
  const function_ = (body: string) => `fn slope(x: vec4<f32>) -> vec4<f32> {\n${body}\n}`
  if (activation === 'tanh') {
    return function_(`  let y = tanh(clamp(x, vec4(-15.0), vec4(15.0)));
  return 1.0 - y * y;`)
  }
  if (activation === 'silu' || activation === 'quick_gelu') {
    const factor = activation === 'silu' ? 1 : quickFactor
    return function_(`  let u = clamp(${float(factor)} * x, vec4(-80.0), vec4(80.0));
  let s = 1.0 / (1.0 + exp(-u));
  return s + u * s * (1.0 - s);`)
  }
  const sigmoid = (fit: readonly number[]) => `  let y = clamp(x, vec4(-10.0), vec4(10.0));
  let square = y * y;
  let s = 1.0 / (1.0 + exp(-clamp(y * (${polynomial(fit)}), vec4(-80.0), vec4(80.0))));`
  if (activation === 'gelu_erf') {
    // The distribution function of the normal distribution, plus x times its density.
    return function_(`${sigmoid(erfFit)}
  return s + y * exp(-0.5 * square) * ${float(1 / Math.sqrt(2 * Math.PI))};`)
  }
  const [cubic, linear] = tanhFit as [number, number]
  return function_(`${sigmoid(tanhFit)}
  return s + y * s * (1.0 - s) * (${polynomial([3 * cubic, linear])});`)
}

/** Of `square`, with coefficients from the highest power down. */
const polynomial = ([highest, ...lower]: readonly number[]): string =>
  lower.reduce((sum, factor) => `(${sum}) * square + ${float(factor)}`, `vec4(${float(highest!)})`)

const float = (value: number) => value.toExponential(9)
