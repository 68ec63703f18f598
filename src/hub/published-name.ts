import { platform } from '#platform'
import type { CheckpointInput } from '../checkpoint/checkpoint.ts'
import { isModelFolder } from '../checkpoint/source/folder.ts'
import { locate } from '../platform/locator.ts'

/**
 * Whether the hub opens a checkpoint input: http, gs and hf URLs, and texts that are neither another URL nor
 * the path of a file or model folder. Existing files and folders take precedence over published names. In a page,
 * files of its own origin are opened directly: the browser caches them. Does not check that the name exists.
 * @returns the name or URL; undefined for inputs that are opened directly
 */
export async function publishedName(source: CheckpointInput): Promise<string | undefined> {
  if (source instanceof URL) return isOnServer(source) ? source.href : undefined
  if (typeof source !== 'string' || source === '') return undefined
  const located = await locate(source)
  if (located.kind === 'name') {
    if (platform.baseUrl() !== undefined && isRelativeUrl.test(source)) return undefined
    return (await isModelFolder(source)) ? undefined : source
  }
  return located.kind === 'url' && isOnServer(located.url) ? source : undefined
}

const isOnServer = (url: URL) => /^(https?|gs|hf):$/.test(url.protocol) && !isOfPage(url)

function isOfPage({ origin }: URL): boolean {
  const base = platform.baseUrl()
  return base !== undefined && new URL(base).origin === origin
}

/** In a page, as opposed to a published name such as `B_16` or `hf:org/name`. */
const isRelativeUrl = /^\.{0,2}\/|\.(safetensors|npz|safetensors\.index\.json)$/i
