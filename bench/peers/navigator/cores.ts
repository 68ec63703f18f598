/**
 * Tells an engine that the page has so many cores, where it takes its number of threads from there
 * and can't be told otherwise. Before it is imported.
 */
export function claimCores(count: number): void {
  Object.defineProperty(navigator, 'hardwareConcurrency', { value: count, configurable: true })
}
