import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import { locate } from '../platform/locator.ts'

/**
 * What of the things that a checkpoint can be given as is for the hub: the URL of a server; a text that
 * is no other URL, nor the path of a file that is there. A file always goes before a name. Whether
 * something of that name is published shows later.
 * @returns its name or URL; undefined for what is opened as it is
 */
export async function publishedName(source: CheckpointInput): Promise<string | undefined> {
  if (source instanceof URL) return isOnServer(source) ? source.href : undefined
  if (typeof source !== 'string' || source === '') return undefined
  const located = await locate(source)
  if (located.kind === 'name') return source
  return located.kind === 'url' && isOnServer(located.url) ? source : undefined
}

const isOnServer = ({ protocol }: URL) => /^(https?|gs|hf):$/.test(protocol)
