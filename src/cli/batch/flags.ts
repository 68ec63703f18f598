import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Format, Job, Task } from '../../batch/job/settings.ts'
import { ArgumentError } from '../../errors.ts'
import type { Pool } from '../../model/pools.ts'
import { UsageError } from '../exit.ts'
import type { ModelFlags } from '../options/model.ts'

export interface BatchFlags extends ModelFlags {
  out: string
  recursive?: true
  duplicates: 'refuse' | 'skip'
  shardSize: number
  root?: string
  embed?: true
  pool?: Exclude<Pool, 'tokens'>
  normalize?: true
  top?: number
  format?: Format
  outDtype?: 'f16' | 'f32'
  queue: string
  completions?: number
  lease: number
  workers: number
  plan?: true
  verify?: true
  retryFailed?: true
  json?: true
  /** One of the processes of `--workers`. */
  child?: true
}

/** Flags on which results depend: all workers of a job have the same. What is not here, each may have as it likes. */
const shared = [
  ...['weights', 'variant', 'config', 'imageSize', 'prefix', 'neighbours', 'labels', 'dtype'],
  ...['preprocess', 'mean', 'std', 'crop'],
  ...['recursive', 'duplicates', 'shardSize'],
  ...['embed', 'pool', 'normalize', 'top', 'format', 'outDtype'],
] as const

/** Files may lie elsewhere on other machines; what is in them is compared. */
const places = ['weights', 'labels']

/** What a job keeps of its flags. Paths are made absolute, since workers may start in other folders. */
export function sharedFlags(flags: BatchFlags): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const name of shared) {
    const value = flags[name as keyof BatchFlags]
    if (value === undefined) continue
    const isPath = places.includes(name) && typeof value === 'string' && existsSync(value)
    kept[name] = isPath ? resolve(value) : value
  }
  return kept
}

/**
 * The flags with those of a job that exists: what the command line leaves out is the job's.
 * @throws ArgumentError for one that differs
 */
export function joinedFlags(command: Command, flags: BatchFlags, { flags: kept }: Job): BatchFlags {
  const joined: Record<string, unknown> = { ...flags }
  for (const name of shared) {
    const isGiven = command.getOptionValueSource(name) === 'cli'
    const given = flags[name as keyof BatchFlags]
    if (!isGiven) joined[name] = kept[name]
    else if (!places.includes(name) && JSON.stringify(given) !== JSON.stringify(kept[name])) {
      const option = command.options.find((one) => one.attributeName() === name)?.long ?? name
      throw new ArgumentError(
        `The job in ${flags.out} has ${option} ${JSON.stringify(kept[name] ?? 'not set')}, not ${JSON.stringify(given)}; leave it out, or start another job in another folder.`,
      )
    }
  }
  return joined as unknown as BatchFlags
}

/** @throws UsageError for flags that say nothing of what is computed */
export function taskOf(flags: BatchFlags): { task: Task; format: Format } {
  const { embed, pool, normalize = false, top, outDtype } = flags
  if (embed) {
    if (top !== undefined) throw new UsageError('--top is for classes; leave it out with --embed.')
    const format = flags.format ?? 'parquet'
    // What clip-retrieval and its readers have.
    const dtype = outDtype ?? (format === 'npy' ? 'f16' : 'f32')
    return {
      task: { kind: 'embed', pool: pool ?? 'own', normalized: normalize, dtype },
      format,
    }
  }
  for (const [name, value] of Object.entries({ pool, normalize, 'out-dtype': outDtype })) {
    if (value) throw new UsageError(`--${name} is for embeddings; pass --embed too.`)
  }
  return { task: { kind: 'classify', top: top ?? 5 }, format: flags.format ?? 'jsonl' }
}
