// Runs a server that Wrangler has built, in workerd, and prints what it answers. Runs in the project.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { openWorker } from './worker.mjs'

const worker = openWorker(resolve('dist/index.js'))
const ask = async (path, init) => {
  const response = await worker.dispatchFetch(`http://localhost${path}`, init)
  return { status: response.status, text: await response.text() }
}
const body = await readFile('chelsea.png')
const classify = (init) => ask('/classify?top_k=1', { method: 'POST', body, ...init })
const answers = {
  ready: await ask('/v2/health/ready'),
  classes: await Promise.all([classify(), classify(), classify()]),
  compressed: await classify({ body: gzipSync(body), headers: { 'Content-Encoding': 'gzip' } }),
  noImage: await classify({ body: 'hello' }),
  page: await ask('/'),
  metrics: await ask('/metrics'),
}
await worker.dispose()
console.log(JSON.stringify(answers))
