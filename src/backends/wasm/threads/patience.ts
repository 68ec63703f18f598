/**
 * How often somebody looks before a thread counts as lost. A process may be stopped for longer than any
 * patience, by a debugger or a machine that sleeps; then time has passed in which no thread could answer, and
 * it counts as one look.
 */
export const CHECKS = 10

/**
 * Calls `action` once, after a time in which this process ran.
 * @param patience in milliseconds
 * @returns what cancels it
 */
export function afterPatience(patience: number, action: () => void): () => void {
  let looks = 0
  const timer = setInterval(() => {
    if (++looks < CHECKS) return
    clearInterval(timer)
    action()
  }, patience / CHECKS)
  return () => clearInterval(timer)
}
