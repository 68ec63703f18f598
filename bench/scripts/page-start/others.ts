import { readdirSync, readFileSync } from 'node:fs'

/** Ticks of the processors' time so far: in all, used by any program, and by this process and what it started. */
interface Ticks {
  readonly all: number
  readonly busy: number
  readonly own: number
}

/** Watches how much of the processors other programs use. Linux only. */
export class Others {
  #last = ticks()

  /** Their share of all processors since the last call, from 0 to 1. */
  share(): number {
    const { all, busy, own } = this.#last
    this.#last = ticks()
    const others = this.#last.busy - busy - Math.max(0, this.#last.own - own)
    return Math.max(0, others / Math.max(1, this.#last.all - all))
  }
}

function ticks(): Ticks {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]!
  // user, nice, system, idle, iowait, irq, softirq, steal
  const times = line.split(/\s+/).slice(1, 9).map(Number)
  const all = times.reduce((sum, one) => sum + one, 0)
  return { all, busy: all - times[3]! - times[4]!, own: ownTicks() }
}

interface Process {
  readonly parent: number
  readonly ticks: number
}

function ownTicks(): number {
  const processes = new Map<number, Process>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // The name, in parentheses, may have spaces.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const ticks = Number(fields[11]) + Number(fields[12])
      processes.set(Number(pid), { parent: Number(fields[1]), ticks })
    } catch {
      // It has ended.
    }
  }
  const isOwn = (pid: number): boolean =>
    pid === process.pid || (processes.has(pid) && isOwn(processes.get(pid)!.parent))
  let sum = 0
  for (const [pid, { ticks }] of processes) if (isOwn(pid)) sum += ticks
  return sum
}
