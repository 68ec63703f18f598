import { Worker } from 'node:worker_threads'

/** Workers do not inherit the process's flags and loader hooks. */
const options = { execArgv: [] }

// Bundlers recognise `new Worker(new URL('…', import.meta.url))` and include the file.
export const startComputing = () => new Worker(new URL('./worker.js', import.meta.url), options)

export const startDecoder = () =>
  new Worker(new URL('./decode-worker.js', import.meta.url), options)
