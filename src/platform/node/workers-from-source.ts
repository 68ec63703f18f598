import { Worker } from 'node:worker_threads'

// In a checkout the code runs from its sources, and each thread must register the loader of TypeScript itself.
const load = (path: string) =>
  new Worker(
    `import(${JSON.stringify(import.meta.resolve('tsx/esm/api'))}).then(({ register }) => {
  register()
  return import(${JSON.stringify(new URL(path, import.meta.url))})
})`,
    { execArgv: [], eval: true },
  )

export const startComputing = () => load('../../backends/wasm/threads/worker.ts')

export const startDecoder = () => load('../../image/worker/decode-worker.ts')
