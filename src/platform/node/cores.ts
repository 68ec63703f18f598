import { readFile } from 'node:fs/promises'
import os from 'node:os'

export interface Cores {
  readonly count: number
  /** What the count is based on. */
  readonly reason: string
}

/**
 * The number of cores that this process can use fully. Hyperthreads share a core's multipliers, so cores are
 * counted. A container with a CPU quota is throttled if it uses more than that.
 * @param root the root folder, for tests
 */
export async function countCores(root = ''): Promise<Cores> {
  const read = (path: string) => readFile(`${root}/${path}`, 'utf8').catch(() => undefined)
  const [found, quota] = await Promise.all([linuxCores(read), cpuQuota(read)])
  const cores = found ?? halfOfAll()
  if (quota === undefined || quota >= cores.count) return cores
  const count = Math.max(1, Math.floor(quota))
  return { count, reason: `${cores.reason}, of which a container may use ${quota.toFixed(1)}` }
}

/**
 * Some logical processors may be hyperthreads or efficiency cores, for which the others would wait. Of two both are
 * used: if they are one core, the second thread does no harm.
 */
function halfOfAll(): Cores {
  const logical = os.availableParallelism()
  if (logical <= 2) {
    return { count: logical, reason: `${logical} logical processor${logical === 1 ? '' : 's'}` }
  }
  return { count: Math.ceil(logical / 2), reason: `half of ${logical} logical processors` }
}

type Read = (path: string) => Promise<string | undefined>

/** The cores in this process's affinity mask; with two kinds of cores, the fast ones. */
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

/** Cores below this share of the fastest core's capacity count as slow. */
const SLOW = 0.7

/** Parses a list such as `0-2,8`. */
function listed(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [from, to = from] = range.split('-').map(Number) as [number, number?]
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
}

/** The CPU quota of a container in processors, from cgroups v2 or v1. */
async function cpuQuota(read: Read): Promise<number | undefined> {
  const [both, quota, period] = await Promise.all([
    read('sys/fs/cgroup/cpu.max'),
    read('sys/fs/cgroup/cpu/cpu.cfs_quota_us'),
    read('sys/fs/cgroup/cpu/cpu.cfs_period_us'),
  ])
  const [most, per] = (both ?? `${quota} ${period}`).trim().split(/\s+/).map(Number)
  // `max` or -1 means no limit.
  return most! > 0 && per! > 0 ? most! / per! : undefined
}
