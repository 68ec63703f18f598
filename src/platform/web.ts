import { SourceError, UnsupportedError } from '../errors.ts'
import type { Platform } from './platform.ts'

// Two levels below the root both as source (src/platform) and as built (build/web).
const packageRoot = new URL('../../', import.meta.url)

export const platform: Platform = {
  name: 'web',
  async readAsset(path) {
    const url = new URL(path, packageRoot)
    const response = await fetch(url).catch((cause: Error) => {
      throw new SourceError(`Can't fetch ${url}: ${cause.message}.`, { cause })
    })
    if (!response.ok) throw new SourceError(`Can't fetch ${url}: HTTP ${response.status}.`)
    return new Uint8Array(await response.arrayBuffer())
  },
  readDependency: async () => undefined,
  async openFile(path) {
    throw new UnsupportedError(
      `There is no file system here to open ${JSON.stringify(String(path))}; pass a URL, a Blob or bytes.`,
    )
  },
  environment: () => undefined,
  yield: () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => {
        port1.close()
        resolve()
      }
      port2.postMessage(null)
    }),
}
