import { readFileSync } from 'node:fs'

/**
 * Linux's own high-water mark where there is one: what `resourceUsage` says there includes the
 * process that started this one.
 */
export function peakBytes(): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (kilobytes) return Number(kilobytes) * 1024
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024
}
