import type { Activation } from '../../../program/ops/linear.ts'
import { erfFit, quickFactor, tanhFit } from '../../gelu-fit.ts'
import { type Binding, type Storage, toStorage } from './kernel.ts'

/** What is applied to a product before it is stored, in this order: bias, activation, residual. */
export interface Epilogue {
  readonly bias: boolean
  readonly activation: Activation
  readonly residual: boolean
  readonly out: Storage
}

/** Part of a kernel's name. */
export function epilogueName({ bias, activation, residual }: Epilogue): string {
  const parts = [bias && 'bias', activation !== 'none' && activation, residual && 'residual']
  return parts
    .filter(Boolean)
    .map((part) => `_${part}`)
    .join('')
}

/** The buffers that an epilogue reads, as vectors of four columns. */
export function epilogueBindings({ bias, residual }: Epilogue): Binding[] {
  return [
    ...(bias ? [{ name: 'bias', type: 'vec4<f32>' }] : []),
    ...(residual ? [{ name: 'residual', type: 'vec4<f32>' }] : []),
  ]
}

/** WGSL that stores the product `sum` at index `place` of the output, in column `column`. */
export function store(epilogue: Epilogue, sum: string, place: string, column: string): string {
  const { bias, activation, residual, out } = epilogue
  let value = bias ? `${sum} + bias[${column}]` : sum
  if (activation !== 'none') value = `activate(${value})`
  if (residual) value = `${value} + residual[${place}]`
  return `out[${place}] = ${toStorage(out, `(${value})`)};`
}

/** The WGSL function `activate`, or nothing. */
export function activationText(activation: Activation): string {
  switch (activation) {
    case 'none':
      return ''
    case 'tanh':
      // Clamped, since some GPUs compute tanh from exponentials that overflow.
      return `fn activate(x: vec4<f32>) -> vec4<f32> {
  return tanh(clamp(x, vec4(-15.0), vec4(15.0)));
}`
    case 'gelu_erf':
      return gelu(erfFit)
    case 'gelu_tanh':
      return gelu(tanhFit)
    case 'quick_gelu':
      return swish(quickFactor)
    case 'silu':
      return swish(1)
  }
}

/** Clamped so that no step overflows: compilers may assume finite values. */
function gelu([highest, ...lower]: readonly number[]): string {
  return `fn activate(x: vec4<f32>) -> vec4<f32> {
  let y = clamp(x, vec4(-10.0), vec4(10.0));
  let square = y * y;
  var sum = vec4(${float(highest!)});
${lower.map((factor) => `  sum = sum * square + ${float(factor)};`).join('\n')}
  return x / (1.0 + exp(-clamp(y * sum, vec4(-80.0), vec4(80.0))));
}`
}

/** `x * sigmoid(factor * x)` */
const swish = (factor: number): string => `fn activate(x: vec4<f32>) -> vec4<f32> {
  return x / (1.0 + exp(-clamp(${float(factor)} * x, vec4(-80.0), vec4(80.0))));
}`

const float = (value: number) => value.toExponential(9)
