// Says what the built package does in the runtime that this is started with, and ends by itself.
import { load } from '../../build/node/index.js'
import { tryImages } from './images.mjs'
import { hashInt16 } from './int16.mjs'
import { tryThreads } from './threads.mjs'

const image = new URL('../../examples/chelsea.png', import.meta.url)
const threads = await tryThreads(load, image, [
  { threads: 1 },
  { threads: 2 },
  { threads: 3 },
  { threads: 2, blocking: true },
])
const int16 = await hashInt16(load)
console.log(JSON.stringify({ threads, int16, images: await tryImages(load) }))
