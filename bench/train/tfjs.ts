// TensorFlow.js with the gradients of its own operations, on its WebAssembly backend. GELU by tanh, since its backend
// has no gradient of erf; patches are cut by reshaping, since it has none of the kernel of a convolution.
import { createRequire } from 'node:module'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { importTfjs } from '../peers/tfjs/session.ts'
import { CLASSES, classOf, LEARNING_RATE, placeOf, readTask, serve } from './serve.ts'

const task = readTask()
const { batch } = task
// biome-ignore lint/suspicious/noExplicitAny: TensorFlow.js has more than this project's own types say
const { tf, backend }: { tf: any; backend: any } = await importTfjs(placeOf(task), 'wasm')
// The builds for Node leave gradients out; the registry that this fills is one for the whole process.
createRequire(import.meta.url)(
  placeOf(task).asset('@tensorflow/tfjs-core/dist/register_all_gradients.js'),
)
tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
backend.setWasmPaths(`${placeOf(task).asset('@tensorflow/tfjs-backend-wasm/dist')}/`)
await tf.setBackend('wasm')

const config = variantConfig(task.variant)
const { width, depth, heads } = config
const [patch] = config.patchSize
const grid = 224 / patch
const tokens = grid * grid + 1
const size = width / heads
const normal = (shape: number[], deviation: number) =>
  tf.variable(tf.truncatedNormal(shape, 0, deviation))
const fill = (shape: number[], value: number) => tf.variable(tf.fill(shape, value))
const dense = (rows: number, columns: number) => [
  normal([rows, columns], rows ** -0.5),
  fill([columns], 0),
]
const norm = () => [fill([width], 1), fill([width], 0)]
const blocks = Array.from({ length: depth }, () => ({
  norm1: norm(),
  qkv: dense(width, 3 * width),
  proj: dense(width, width),
  norm2: norm(),
  fc1: dense(width, 4 * width),
  fc2: dense(4 * width, width),
}))
const embed = dense(patch * patch * 3, width)
const token = fill([1, 1, width], 0)
const position = normal([1, tokens, width], 0.02)
const last = norm()
const head = dense(width, CLASSES)

type Tensor = unknown
const linear = (x: Tensor, [kernel, bias]: Tensor[]) => tf.add(tf.matMul(x, kernel), bias)
function layerNorm(x: Tensor, [scale, bias]: Tensor[]) {
  const centred = tf.sub(x, tf.mean(x, -1, true))
  const variance = tf.mean(tf.square(centred), -1, true)
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-6))), scale), bias)
}
function gelu(x: Tensor) {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), 0.7978845608)
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1))
}
function attention(x: Tensor, qkv: Tensor[]) {
  const parts = tf.transpose(
    tf.reshape(linear(x, qkv), [batch, tokens, 3, heads, size]),
    [2, 0, 3, 1, 4],
  )
  const [q, k, v] = tf
    .split(parts, 3, 0)
    .map((part: Tensor) => tf.reshape(part, [batch * heads, tokens, size]))
  const weights = tf.softmax(tf.mul(tf.matMul(q, k, false, true), size ** -0.5))
  const mixed = tf.reshape(tf.matMul(weights, v), [batch, heads, tokens, size])
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * tokens, width])
}
function logitsOf(patches: Tensor) {
  const rows = tf.reshape(linear(patches, embed), [batch, tokens - 1, width])
  const first = tf.add(tf.zeros([batch, 1, width]), token)
  let x = tf.reshape(tf.add(tf.concat([first, rows], 1), position), [batch * tokens, width])
  for (const { norm1, qkv, proj, norm2, fc1, fc2 } of blocks) {
    x = tf.add(x, linear(attention(layerNorm(x, norm1), qkv), proj))
    x = tf.add(x, linear(gelu(linear(layerNorm(x, norm2), fc1)), fc2))
  }
  const classTokens = tf.slice(tf.reshape(x, [batch, tokens, width]), [0, 0, 0], [batch, 1, width])
  return linear(layerNorm(tf.reshape(classTokens, [batch, width]), last), head)
}

const pixels = tf.randomUniform([batch, grid, patch, grid, patch * 3], -1, 1)
const patches = tf.reshape(tf.transpose(pixels, [0, 1, 3, 2, 4]), [
  batch * grid * grid,
  patch * patch * 3,
])
const labels = Array.from({ length: batch }, (_, i) => classOf(i))
const targets = tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES), 'float32')
const optimizer = tf.train.momentum(LEARNING_RATE, 0.9)
await serve(`TensorFlow.js ${tf.version_core}, wasm`, async () => {
  const cost = optimizer.minimize(
    () => tf.mul(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logitsOf(patches))), -1)), -1),
    true,
  )
  const [loss] = await cost.data()
  cost.dispose()
  return loss
})
