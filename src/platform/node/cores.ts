import { readFile } from 'node:fs/promises'
import os from 'node:os'

export interface Cores {
  readonly count: number
  /** How that is known. */
  readonly reason: string
}

/**
 * How many cores this process may keep busy. Two threads of one core share its multipliers, so cores
 * count; where a container has the time of fewer, who takes more is stopped in the middle.
 * @param root the folder that Linux calls `/`
 */
export async function countCores(root = ''): Promise<Cores> {
  const read = (path: string) => readFile(`${root}/${path}`, 'utf8').catch(() => undefined)
  const [found, quota] = await Promise.all([linuxCores(read), cpuQuota(read)])
  const cores = found ?? halfOfAll()
  if (quota === undefined || quota >= cores.count) return cores
  const count = Math.max(1, Math.floor(quota))
  return { count, reason: `${cores.reason}, of which a container may use ${quota.toFixed(1)}` }
}

/** Some may be second threads of a core, or cores of the slow kind, for which the others would wait. */
function halfOfAll(): Cores {
  const logical = os.availableParallelism()
  return {
    count: Math.ceil(logical / 2),
    reason: logical === 1 ? '1 logical processor' : `half of ${logical} logical processors`,
  }
}

type Read = (path: string) => Promise<string | undefined>

/** The cores whose processors this process may use; of two kinds of cores, the fast ones. */
async function linuxCores(read: Read): Promise<Cores | undefined> {
  const status = await read('proc/self/status')
  const allowed = /^Cpus_allowed_list:\s*(\S+)/m.exec(status ?? '')?.[1]
  if (allowed === undefined) return undefined
  const processors = await Promise.all(
    listed(allowed).map(async (processor) => {
      const folder = `sys/devices/system/cpu/cpu${processor}`
      const [siblings, capacity] = await Promise.all([
        read(`${folder}/topology/thread_siblings_list`),
        read(`${folder}/cpu_capacity`),
      ])
      return { core: siblings?.trim(), capacity: Number(capacity ?? 0) }
    }),
  )
  if (processors.some(({ core }) => core === undefined)) return undefined
  const most = Math.max(...processors.map(({ capacity }) => capacity))
  const fast = processors.filter(({ capacity }) => capacity >= most * SLOW)
  const count = new Set(fast.map(({ core }) => core)).size
  const kind = fast.length < processors.length ? 'fast cores' : count === 1 ? 'core' : 'cores'
  return {
    count,
    reason: `${count} ${kind}, ${processors.length} logical ${processors.length === 1 ? 'processor' : 'processors'}`,
  }
}

/** The share of the fastest core's speed below which one is of the slow kind. */
const SLOW = 0.7

/** The numbers that `0-2,8` names. */
function listed(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [from, to = from] = range.split('-').map(Number) as [number, number?]
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
}

/** Processors' worth of time that a container has, by either version of control groups. */
async function cpuQuota(read: Read): Promise<number | undefined> {
  const [both, quota, period] = await Promise.all([
    read('sys/fs/cgroup/cpu.max'),
    read('sys/fs/cgroup/cpu/cpu.cfs_quota_us'),
    read('sys/fs/cgroup/cpu/cpu.cfs_period_us'),
  ])
  const [most, per] = (both ?? `${quota} ${period}`).trim().split(/\s+/).map(Number)
  // Without a limit they say `max` or -1.
  return most! > 0 && per! > 0 ? most! / per! : undefined
}
