import { platform } from '#platform'
import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import { isModelFolder } from '../checkpoint/source/folder.ts'

/**
 * What of the things that a checkpoint can be given as is for the hub: the URL of a server; a text that
 * is no other URL, nor the path of a file that is there, or of a folder with a model. Both always go
 * before a name. Whether
 * something of that name is published shows later.
 * @returns its name or URL; undefined for what is opened as it is
 */
export async function publishedName(source: CheckpointInput): Promise<string | undefined> {
  if (source instanceof URL) return /^https?:$/.test(source.protocol) ? source.href : undefined
  if (typeof source !== 'string' || /^(file|blob|data):/i.test(source)) return undefined
  if (/^(https?|gs|hf|augreg):/i.test(source)) return source
  if (source === '' || (await platform.hasFile(source))) return undefined
  return (await isModelFolder(source)) ? undefined : source
}
