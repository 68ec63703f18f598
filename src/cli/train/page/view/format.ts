/** `1,234` */
export const count = (value: number): string => value.toLocaleString('en-US')

/** `91.2 %`, on one line */
export const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`

/** The same without zeros in the end: `40 %` */
export const shortPercent = (share: number): string => `${Number((100 * share).toFixed(3))} %`

/** Four digits at most: `0.0312`, `21.4`, `0.000012` as `1.2e-5`. */
export function short(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-3 || size >= 1e5) return value.toExponential(2).replace(/\.?0+e/, 'e')
  return String(Number(value.toPrecision(4)))
}

/** `1 picture`, `1,200 pictures` */
export const countOf = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

/** `45 s`, `3 min`, `2 h 5 min` */
export { formatSeconds as duration } from '../../../view/units.ts'

/** The name of a class, or its number where there is none. */
export const nameOf = (labels: readonly string[], label: number): string =>
  labels[label] ?? String(label)
