/**
 * The model without a server: `node bare.mjs IMAGE THREADS`. For each line of its standard input, a number of seconds,
 * it classifies the image for so long, several at once, and prints a line of JSON: how many for each second, and what
 * it used of the processor for each.
 */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

// What is built is no module of the sources.
const { load } = await import(new URL('../../build/node/index.js', import.meta.url).href)
const [path, threads] = process.argv.slice(2)
const image = readFileSync(path)
const model = await load(undefined, { threads: Number(threads) })
await model.classify(image)
console.log('ready')

for await (const line of createInterface({ input: process.stdin })) {
  const [seconds, atOnce] = line.split(' ').map(Number)
  const used = process.cpuUsage()
  const start = performance.now()
  let count = 0
  const lane = async () => {
    while (performance.now() - start < seconds * 1000) {
      await model.classify(image)
      count++
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  const { user, system } = process.cpuUsage(used)
  const rate = (count * 1000) / (performance.now() - start)
  console.log(JSON.stringify({ rate, cpuMs: (user + system) / 1000 / count }))
}
model.dispose()
