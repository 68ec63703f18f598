// Says what the built package computes on the GPU of the runtime that this is started with: the logits of
// the first of some photographs.
//   gpu.mjs CHECKPOINT PIXELS DTYPE
import { readFileSync } from 'node:fs'
import { load } from '../../build/node/index.js'

const [checkpoint, pixels, dtype] = process.argv.slice(2)
const image = new Float32Array(new Uint8Array(readFileSync(pixels)).buffer, 0, 224 * 224 * 3)
const vit = await load(checkpoint, { backend: 'webgpu', dtype })
const logits = await vit.logits(image)
const { name, description } = vit.backend
console.log(JSON.stringify({ name, description, logits: [...logits] }))
vit.dispose()
