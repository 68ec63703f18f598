import { broadcast, elements } from './onnx-shapes.ts'
import type { TfliteFile, TfliteOperator, TfliteTensor } from './tflite-reader.ts'

/** `BuiltinOperator` */
export const codes = {
  ADD: 0,
  CONCATENATION: 2,
  CONV_2D: 3,
  FULLY_CONNECTED: 9,
  LOGISTIC: 14,
  MAX_POOL_2D: 17,
  MUL: 18,
  RESHAPE: 22,
  SOFTMAX: 25,
  TANH: 28,
  PAD: 34,
  TRANSPOSE: 39,
  MEAN: 40,
  SUB: 41,
  PADV2: 60,
  SLICE: 65,
  RSQRT: 76,
  SQUARED_DIFFERENCE: 99,
  BATCH_MATMUL: 126,
  GELU: 150,
}

export function operatorName({ code }: TfliteOperator): string {
  const found = Object.entries(codes).find(([, known]) => known === code)
  if (!found) throw new Error(`This test knows no operator ${code}.`)
  return found[0]
}

/**
 * Holds the shape of every operator's output against its inputs.
 * @throws Error naming the first that does not fit
 */
export function checkShapes({ tensors, operators, inputs }: TfliteFile): void {
  const known = new Set(inputs)
  for (const operator of operators) {
    const name = operatorName(operator)
    const given = operator.inputs.map((i) => tensors[i]!)
    const missing = operator.inputs.find((i) => !known.has(i) && tensors[i]!.bytes.length === 0)
    if (missing !== undefined) throw new Error(`${name} reads what is not there yet.`)
    const output = operator.outputs[0]!
    const found = tensors[output]!.dims
    const expected = shapeOf(operator, name, given)
    if (String(found) !== String(expected)) {
      throw new Error(`${name} says [${found}] and makes [${expected}].`)
    }
    known.add(output)
  }
}

function shapeOf(operator: TfliteOperator, name: string, given: TfliteTensor[]): number[] {
  const [a, b, c] = given.map(({ dims }) => dims) as [number[], number[], number[]]
  switch (name) {
    case 'ADD':
    case 'SUB':
    case 'MUL':
    case 'SQUARED_DIFFERENCE':
      return broadcast(a, b)
    case 'SOFTMAX':
    case 'TANH':
    case 'RSQRT':
    case 'GELU':
    case 'LOGISTIC':
      return a
    case 'FULLY_CONNECTED':
      if (a[1] !== b[1] || b[0] !== c[0]) return []
      return [a[0]!, b[0]!]
    case 'CONV_2D':
      if (a[3] !== b[3] || b[0] !== c[0]) return []
      return [a[0]!, ...windows(operator, a, [b[1]!, b[2]!]), b[0]!]
    case 'MAX_POOL_2D': {
      const size = [operator.option(4, 'i32')!, operator.option(3, 'i32')!]
      return [a[0]!, ...windows(operator, a, size), a[3]!]
    }
    case 'PAD':
    case 'PADV2': {
      const sides = integers(given[1]!)
      return a.map((dim, i) => dim + sides[2 * i]! + sides[2 * i + 1]!)
    }
    case 'RESHAPE': {
      const dims = integers(given[1]!)
      return elements(dims) === elements(a) ? dims : []
    }
    case 'TRANSPOSE':
      return integers(given[1]!).map((i) => a[i]!)
    case 'SLICE': {
      const [from, size] = [integers(given[1]!), integers(given[2]!)]
      return from.every((start, i) => start + size[i]! <= a[i]!) ? size : []
    }
    case 'MEAN': {
      const [axis] = integers(given[1]!)
      return a.map((dim, i) => (i === axis ? 1 : dim))
    }
    case 'CONCATENATION': {
      const axis = operator.option(0, 'i32')!
      const joined = b ? a.map((dim, i) => (i === axis ? dim + b[i]! : dim)) : a
      return !b || b.every((dim, i) => i === axis || dim === a[i]) ? joined : []
    }
    case 'BATCH_MATMUL': {
      const [rows, inner] = a.slice(-2)
      const [first, second] = b.slice(-2)
      const transposed = operator.option(1, 'i8') === 1
      if (inner !== (transposed ? second : first)) return []
      return [...broadcast(a.slice(0, -2), b.slice(0, -2)), rows!, (transposed ? first : second)!]
    }
  }
  return []
}

/** The rows and columns of the windows of `[batch, rows, columns, channels]`; a padding of 0 is SAME. */
function windows(operator: TfliteOperator, dims: number[], size: number[]): number[] {
  const stride = [operator.option(2, 'i32')!, operator.option(1, 'i32')!]
  const isSame = (operator.option(0, 'i8') ?? 0) === 0
  return [0, 1].map((axis) => {
    const side = dims[1 + axis]! - (isSame ? 1 : size[axis]!)
    return Math.floor(side / stride[axis]!) + 1
  })
}

/** The numbers of a constant of int32. */
function integers({ bytes }: TfliteTensor): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(4 * i, true))
}
