// Runs what Wrangler has built, in workerd, and prints what it answers. Runs in the project.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { openWorker } from './worker.mjs'

const [status, predictions] = await answerOf(resolve('dist/index.js'), {
  method: 'POST',
  body: await readFile('chelsea.png'),
})
const [, int16] = await answerOf(resolve('dist-check/check.js'))
console.log(JSON.stringify({ status, predictions, int16 }))

async function answerOf(scriptPath, init) {
  const worker = openWorker(scriptPath)
  try {
    const response = await worker.dispatchFetch('http://localhost/', init)
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    return [response.status, await response.json()]
  } finally {
    await worker.dispose()
  }
}
