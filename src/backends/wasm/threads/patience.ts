/**
 * The number of ticks in a timeout. A debugger or a sleeping machine may suspend the process for longer than
 * any timeout, while no thread can respond; such a pause counts as one tick only.
 */
export const CHECKS = 10

/**
 * Calls `action` once, after a timeout that counts only the time this process was running.
 * @param patience in milliseconds
 * @returns a function that cancels the timeout
 */
export function afterPatience(patience: number, action: () => void): () => void {
  let ticks = 0
  const timer = setInterval(() => {
    if (++ticks < CHECKS) return
    clearInterval(timer)
    action()
  }, patience / CHECKS)
  return () => clearInterval(timer)
}
