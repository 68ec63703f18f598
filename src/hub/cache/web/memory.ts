import type { Blobs } from './segments.ts'

/** Blobs in memory, for pages without persistent storage. */
export function memoryBlobs(): Blobs {
  const blobs = new Map<string, Blob>()
  return {
    get: async (name) => blobs.get(name),
    async put(name, parts) {
      blobs.set(name, new Blob(parts as Uint8Array<ArrayBuffer>[]))
    },
    delete: async (name) => void blobs.delete(name),
    names: async () => [...blobs.keys()],
  }
}
