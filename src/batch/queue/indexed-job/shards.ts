import { ArgumentError } from '../../../errors.ts'

/**
 * The shards of one pod of an Indexed Job of Kubernetes: every n-th, where n is the Job's completions.
 * @param index the pod's `JOB_COMPLETION_INDEX`
 * @throws ArgumentError for an index that is missing, or beyond the completions
 */
export function shardsOfIndex(
  index: string | undefined,
  completions: number,
  shards: number,
): number[] {
  if (index === undefined) {
    throw new ArgumentError(
      'There is no JOB_COMPLETION_INDEX: --queue kubernetes is for pods of a Job with completionMode: Indexed.',
    )
  }
  const first = /^\d{1,9}$/.test(index) ? Number(index) : Number.NaN
  if (!(first < completions)) {
    throw new ArgumentError(
      `JOB_COMPLETION_INDEX is ${index}, and --completions ${completions}: indexes go from 0 to ${completions - 1}. Set both to the Job's completions.`,
    )
  }
  return Array.from({ length: shards }, (_, shard) => shard).filter(
    (shard) => shard % completions === first,
  )
}
