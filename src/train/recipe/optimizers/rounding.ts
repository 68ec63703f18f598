/** The values of a tensor, in the precision in which an optimiser computes. */
export type Values = Float32Array | Float64Array

/**
 * How results are rounded that are stored in such an array. Formulas here compute in float64: `round(a * b + c)` is a
 * fused multiply-add of float32 values, since their product is exact.
 */
export const roundingOf = (values: Values): ((value: number) => number) =>
  values instanceof Float32Array ? Math.fround : (value) => value
