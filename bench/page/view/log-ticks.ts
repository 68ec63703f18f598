/**
 * Round numbers for a logarithmic axis, as many as there is room for.
 * @param values between them the axis extends
 */
export function logTicks(values: readonly number[], most: number): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const first = Math.floor(Math.log10(low))
  const decades = Array.from(
    { length: Math.ceil(Math.log10(high)) - first + 1 },
    (_, i) => 10 ** (first + i),
  )
  const choices = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]].map((steps) =>
    decades
      .flatMap((decade) => steps.map((step) => step * decade))
      .filter((tick) => tick >= 0.999 * low && tick <= 1.001 * high),
  )
  return choices.find((ticks) => ticks.length <= most) ?? choices.at(-1)!
}
