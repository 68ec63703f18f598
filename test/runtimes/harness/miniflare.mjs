// Runs what Wrangler has built, in workerd, and prints what it answers. Runs in the project.
import { readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'

const [status, predictions] = await answerOf(resolve('dist/index.js'), {
  method: 'POST',
  body: await readFile('chelsea.png'),
})
const [, int16] = await answerOf(resolve('dist-check/check.js'))
console.log(JSON.stringify({ status, predictions, int16 }))

async function answerOf(scriptPath, init) {
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
  const miniflare = new Miniflare(convertV4MiniflareOptions(options))
  try {
    const response = await miniflare.dispatchFetch('http://localhost/', init)
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    return [response.status, await response.json()]
  } finally {
    await miniflare.dispose()
  }
}
