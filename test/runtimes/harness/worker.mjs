// Opens what Wrangler has built, in workerd. Runs in the project.
import { readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'

/** @param scriptPath the Worker's module, with its WebAssembly files beside it */
export function openWorker(scriptPath) {
  const folder = dirname(scriptPath)
  const wasm = readdirSync(folder).filter((file) => file.endsWith('.wasm'))
  const options = {
    modulesRoot: folder,
    modules: [
      { type: 'ESModule', path: scriptPath },
      ...wasm.map((file) => ({ type: 'CompiledWasm', path: join(folder, file) })),
    ],
    compatibilityDate: '2026-06-01',
    assets: {
      directory: resolve('public'),
      binding: 'ASSETS',
      routerConfig: { has_user_worker: true },
    },
  }
  return new Miniflare(convertV4MiniflareOptions(options))
}
