import os from 'node:os'

/** The memory that this process may use, in bytes: the machine's, or its container's if that is less. */
export function memoryBytes(): number | undefined {
  try {
    // 0 or an absurdly large number where nothing constrains it; missing in some runtimes.
    const constrained = process.constrainedMemory?.() || Number.POSITIVE_INFINITY
    return Math.min(os.totalmem(), constrained)
  } catch {
    // Deno does not tell without a permission.
    return undefined
  }
}
