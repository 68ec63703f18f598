import { createRequire } from 'node:module'
import { join } from 'node:path'

/**
 * LiteRT.js is written for pages and workers: what it misses of a worker in Node, before it is
 * imported. Its scripts are CommonJS.
 */
export function actAsWorker(scripts: string): void {
  const require = createRequire(join(scripts, 'index.js'))
  const importScripts = (path: string) =>
    Object.assign(globalThis, { ModuleFactory: require(path) })
  Object.assign(globalThis, { self: globalThis, importScripts })
  // It always looks for a GPU, and says at length that there is none.
  const { warn } = console
  console.warn = (...words: unknown[]) => {
    if (!String(words[0]).includes('WebGPU')) warn(...words)
  }
}
