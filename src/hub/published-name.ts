import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import { isModelFolder } from '../checkpoint/source/folder.ts'
import { locate } from '../platform/locator.ts'

/**
 * Which of the forms of a checkpoint the hub opens: the URL of a server, and a text that is no other URL,
 * no path of a file, and no path of a folder with a model. Files and folders always go before names.
 * Whether something of that name is published shows later.
 * @returns its name or URL; undefined for what is opened as it is
 */
export async function publishedName(source: CheckpointInput): Promise<string | undefined> {
  if (source instanceof URL) return isOnServer(source) ? source.href : undefined
  if (typeof source !== 'string' || source === '') return undefined
  const located = await locate(source)
  if (located.kind === 'name') return (await isModelFolder(source)) ? undefined : source
  return located.kind === 'url' && isOnServer(located.url) ? source : undefined
}

const isOnServer = ({ protocol }: URL) => /^(https?|gs|hf):$/.test(protocol)
