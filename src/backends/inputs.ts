import { ArgumentError } from '../errors.ts'
import type { Program } from '../program/program.ts'
import type { CompileOptions, Inputs } from './backend.ts'

const arrays = { f32: Float32Array, i32: Int32Array } as const

/** @throws ArgumentError unless the inputs match the program's, for that number of images */
export function checkInputs(
  program: Pick<Program, 'inputs' | 'values'>,
  inputs: Inputs,
  images: number,
): void {
  const unknown = Object.keys(inputs).find((name) => !Object.hasOwn(program.inputs, name))
  if (unknown !== undefined) {
    const known = Object.keys(program.inputs).join(', ')
    throw new ArgumentError(`The program has no input ${JSON.stringify(unknown)}; it has ${known}.`)
  }
  for (const [name, id] of Object.entries(program.inputs)) {
    const { shape, type } = program.values[id]!
    const [rows, columns] = shape
    const found: unknown = inputs[name]
    if (found instanceof arrays[type] && found.length === images * rows * columns) continue
    const wanted = `${arrays[type].name} [${images}, ${rows}, ${columns}]`
    throw new ArgumentError(`The input ${name} must be a ${wanted}, found ${describe(found)}.`)
  }
}

const describe = (value: unknown) =>
  value instanceof Float32Array || value instanceof Int32Array
    ? `a ${value.constructor.name} of ${value.length} values`
    : String(value === null ? value : typeof value)

/** All-zero inputs, for measurements. */
export function zeroInputs(program: Program, images = 1): Inputs {
  const zeros = Object.entries(program.inputs).map(([name, id]) => {
    const { shape, type } = program.values[id]!
    return [name, new arrays[type](images * shape[0] * shape[1])]
  })
  return Object.fromEntries(zeros)
}

/** @throws ArgumentError unless `images` is a whole number from 1 */
export function checkImages({ images = 1 }: CompileOptions = {}): number {
  if (Number.isSafeInteger(images) && images > 0) return images
  throw new ArgumentError(`images must be a whole number from 1, not ${images}.`)
}

/**
 * The only input of a program.
 * @throws ArgumentError for programs with several inputs
 */
export function onlyInput({ inputs }: Program): { readonly name: string; readonly id: number } {
  const [first, ...others] = Object.entries(inputs)
  if (first && others.length === 0) return { name: first[0], id: first[1] }
  const names = Object.keys(inputs).join(', ')
  throw new ArgumentError(`Expected a program with one input, found ${names || 'none'}.`)
}
