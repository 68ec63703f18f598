// Bundles a function of Vercel's edge runtime as Vercel's builder does, runs it in their model of that runtime, and
// prints what it answers. Runs in the project.
//   edge-runtime.mjs ORIGIN, where public/ is served
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { EdgeRuntime } from 'edge-runtime'
import { build } from 'esbuild'

const [origin] = process.argv.slice(2)
const [status, predictions] = await answerOf('index.js', {
  method: 'POST',
  body: await readFile('chelsea.png'),
})
const [, int16] = await answerOf('check.js')
console.log(JSON.stringify({ status, predictions, int16 }))

async function answerOf(entry, init) {
  const { code, modules } = await bundle(entry)
  const runtime = new EdgeRuntime({
    initialCode: code,
    extend: (context) => Object.assign(context, modules),
  })
  const response = await runtime.dispatchFetch(origin, init)
  const text = await response.text()
  if (!response.ok) throw new Error(`${response.status}: ${text}`)
  return [response.status, JSON.parse(text)]
}

/** The function's script, and the compiled modules that it names: `x.wasm?module` becomes a global. */
async function bundle(entry) {
  const modules = {}
  const wasmModules = {
    name: 'wasm-modules',
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /\.wasm\?module$/ }, async ({ path, ...options }) => {
        const found = await resolve(path.replace('?module', ''), options)
        return { ...found, namespace: 'wasm-module' }
      })
      onLoad({ filter: /.*/, namespace: 'wasm-module' }, async ({ path }) => {
        const name = `wasm_${basename(path, '.wasm').replace(/\W/g, '_')}`
        modules[name] = await WebAssembly.compile(await readFile(path))
        return { contents: `export default ${name}` }
      })
    },
  }
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    conditions: ['edge-light'],
    plugins: [wasmModules],
  })
  return { code: outputFiles[0].text, modules }
}
