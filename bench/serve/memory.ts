import { readFileSync } from 'node:fs'

/** Why the memory of another process can't be read here, if so. */
export const noMemory =
  process.platform === 'linux' ? undefined : 'only Linux tells the memory of another process'

/** The resident memory of a process, in MiB: now, or the most it ever had. */
export function residentMiB(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(new RegExp(`${which}:\\s+(\\d+) kB`).exec(status)![1]) / 1024
}
