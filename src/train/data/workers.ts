import { platform } from '#platform'

/** One of so many cores decodes; a picture takes less time to decode than to train on. */
const CORES_PER_WORKER = 4

/** How many workers decode ahead of training: none where one core does all. */
export async function decodingWorkers(): Promise<number> {
  const { count } = await platform.threads.cores()
  return count === 1 ? 0 : Math.ceil(count / CORES_PER_WORKER)
}
