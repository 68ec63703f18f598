/**
 * Waits until a condition holds, for what tells of itself by no event.
 * @throws Error naming it after half a minute
 */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 30_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`After 30 s it is still not so: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
