import { ArgumentError } from '../../src/errors.ts'

/** A product `[rows, inner] x [inner, columns]` that a model makes, and how often per image. */
export interface ProductShape {
  readonly name: string
  readonly rows: number
  readonly inner: number
  readonly columns: number
  readonly times: number
}

/**
 * Reads a file of bench/shapes: a line per product, `name rows inner columns times`; what follows a
 * `#` is a comment.
 * @throws ArgumentError naming the line that is something else
 */
export function parseShapes(text: string, file: string): ProductShape[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    const words = line.replace(/#.*/, '').trim().split(/\s+/)
    if (words[0] === '') return []
    const [name, ...rest] = words
    const numbers = rest.map(Number)
    if (numbers.length !== 4 || numbers.some((n) => !Number.isInteger(n) || n < 1 || n > 1e6)) {
      throw new ArgumentError(
        `${file}, line ${i + 1}: expected "name rows inner columns times", found ${JSON.stringify(line)}.`,
      )
    }
    const [rows, inner, columns, times] = numbers as [number, number, number, number]
    return [{ name: name!, rows, inner, columns, times }]
  })
}

/** The file of a variant's products at 224 px: `vit_b_16.txt`, `r50_vit_b_16.txt`. */
export const shapesFile = (variant: string) =>
  `${variant.toLowerCase().replace('+', '_').replace('-', '_')}.txt`
