import { UnsupportedError } from '../../../src/errors.ts'

/** Engines are given images, as arrays of f32; a program that reads the numbers of tokens is none that is measured. */
export function refuseTexts(): never {
  throw new UnsupportedError(
    'The benchmark measures models of images, and this program reads a text.',
  )
}
