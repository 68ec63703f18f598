// Says what the built package does in the runtime that this is started with, and ends by itself.
import { load } from '../../build/node/index.js'
import { hashInt16 } from './int16.mjs'
import { tryThreads } from './threads.mjs'

const image = new URL('../../examples/chelsea.png', import.meta.url)
const threads = await tryThreads(load, image, [
  { threads: 1 },
  { threads: 2 },
  { threads: 3 },
  { threads: 2, blocking: true },
])
console.log(JSON.stringify({ threads, int16: await hashInt16(load) }))
