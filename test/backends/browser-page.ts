import { type ImageModel, type LoadOptions, load } from '../../src/index.ts'
import { gaussian } from '../random.ts'

// The script of a page in which models run on what browsers have; `Page` is what it does for who drives it.

const warnings: string[] = []
console.warn = (text: unknown) => void warnings.push(String(text))

let vit: ImageModel | undefined
let losses = 0
let tensors = () => 0

const urlOf = (path: string) => new URL(path, location.href)

/** @param weights the path of a checkpoint; without one, the embedded model */
async function open(options: LoadOptions, weights?: string) {
  vit?.dispose()
  vit = await load(weights === undefined ? undefined : urlOf(weights), options)
  const { name, description } = vit.backend
  const device = vit.backend.device as GPUDevice | undefined
  device?.lost.then(({ reason }) => {
    if (reason !== 'destroyed') losses++
  })
  return { name, description, features: [...(device?.features ?? [])] }
}

const page = {
  hasGpu: async () => Boolean(await navigator.gpu?.requestAdapter()),

  open,

  /** On TensorFlow.js's WebGL, with flags of its own. */
  async openWebgl(weights: string, flags: Readonly<Record<string, boolean>> = {}) {
    const tf = await import('@tensorflow/tfjs-core')
    await import('@tensorflow/tfjs-backend-webgl')
    for (const [name, value] of Object.entries(flags)) tf.env().set(name, value)
    tensors = () => tf.memory().numTensors
    return open({ backend: 'tfjs', tfjs: { tf, use: 'webgl' } }, weights)
  },

  /** Compares the operations of hybrids, Mixers and text towers with float64, on TensorFlow.js's WebGL. */
  async compareOnWebgl(bound: number): Promise<void> {
    const tf = await import('@tensorflow/tfjs-core')
    await import('@tensorflow/tfjs-backend-webgl')
    const { createTfjsBackend } = await import('../../src/backends/tfjs/tfjs.ts')
    const { compareOperations } = await import('./tfjs/operations.ts')
    await compareOperations(await createTfjsBackend({ tf, use: 'webgl' }), bound)
  },

  /** Trains a small ViT on TensorFlow.js's WebGL. @returns how many tensors are left */
  async trainOnWebgl(bound: number): Promise<number> {
    const tf = await import('@tensorflow/tfjs-core')
    await import('@tensorflow/tfjs-backend-webgl')
    const { createTfjsTrainingBackend } = await import(
      '../../src/backends/tfjs/training/backend.ts'
    )
    const { compareWithWasm, runTrainer, startTrainer } = await import('./training-run.ts')
    const before = tf.memory().numTensors
    const backend = await createTfjsTrainingBackend({ tf, use: 'webgl' })
    const trainer = await startTrainer(backend, 'all')
    const found = await runTrainer(trainer)
    trainer.dispose()
    await compareWithWasm(found, 'all', bound)
    return tf.memory().numTensors - before
  },

  /** Trains a small ViT on WebGPU. */
  async trainOnWebgpu(bound: number): Promise<void> {
    const { openTrainingBackend } = await import('../../src/train/backend.ts')
    const { compareWithWasm, runTrainer, startTrainer } = await import('./training-run.ts')
    const backend = await openTrainingBackend({ backend: 'webgpu' })
    const trainer = await startTrainer(backend, 'all')
    await compareWithWasm(await runTrainer(trainer), 'all', bound)
    trainer.dispose()
    backend.dispose?.()
  },

  /** Compares a block of a ResNet, token mixing and an embedding with float64, on WebGPU. */
  async compareOnWebgpu(dtype: 'f32' | 'f16', bound: number): Promise<void> {
    const { createWebgpuBackend } = await import('../../src/backends/webgpu/webgpu.ts')
    const { bottleneck, compareOutputs, embedding, mixing } = await import('./operations.ts')
    const backend = await createWebgpuBackend({ dtype })
    const options = { bound, images: 2 }
    await compareOutputs(backend, 'wide', bottleneck([5, 5], 32, 64), options)
    await compareOutputs(backend, 'narrow', bottleneck([7, 10], 5, 6), options)
    await compareOutputs(backend, 'mixing', mixing(33, 6), options)
    await compareOutputs(backend, 'tokens', embedding(7, 10, true), options)
    backend.dispose?.()
  },

  /** Compiles products by every tile, and attention in slices. @returns how many kernels, and what went wrong with which */
  async compileOnWebgpu(dtype: 'f32' | 'f16') {
    const { openDevice } = await import('../../src/backends/webgpu/device.ts')
    const { measuredKernel } = await import('../../src/backends/webgpu/measure.ts')
    const { fittingTiles } = await import('../../src/backends/webgpu/tiles.ts')
    const { attention, attentionTile } = await import(
      '../../src/backends/webgpu/kernels/attention.ts'
    )
    const device = await openDevice({ dtype })
    const shape = { rows: 197, inner: 192, columns: [192], b: dtype }
    const products = ([dtype, 'f32'] as const).flatMap((a) =>
      fittingTiles(device.gpu.limits, { ...shape, a }).map((tile) =>
        measuredKernel({ a, b: dtype }, tile),
      ),
    )
    const attentions = [16, 64, 80].flatMap((headWidth) =>
      [true, false].map((causal) =>
        attention(
          { headWidth, input: dtype, out: dtype, causal, bias: causal },
          attentionTile(197, headWidth, true),
        ),
      ),
    )
    const faults: string[] = []
    for (const kernel of [...products, ...attentions]) {
      await device.pipelines
        .get(kernel)
        .catch((error: Error) => faults.push(`${kernel.name}: ${error.message}`))
    }
    device.destroy()
    return { kernels: products.length + attentions.length, faults }
  },

  /** How many TensorFlow.js has. */
  tensors: () => tensors(),

  /** @param pixels the path of a file of f32, of which the first image counts; without one, noise */
  async logits(pixels?: string): Promise<number[]> {
    const size = 224 * 224 * 3
    if (pixels === undefined) return [...(await vit!.logits(gaussian(5, size)))]
    const bytes = await (await fetch(urlOf(pixels))).arrayBuffer()
    return [...(await vit!.logits(new Float32Array(bytes, 0, size)))]
  },

  close(): void {
    vit?.dispose()
    vit = undefined
  },

  /** How many devices were lost under a model that still had them. */
  losses: () => losses,

  warnings: () => warnings,

  /**
   * Loads a checkpoint, runs it and gives it back, over and over; what was made, and what is left.
   * @param on a device that is the page's own, or one that each load opens for itself
   */
  async reload(
    times: number,
    on: 'one device' | 'a device each',
    checkpoint: readonly number[],
    pixels: readonly number[],
  ) {
    const { watchDevices } = await import('../../bench/scripts/null-device/watch-devices.ts')
    const { devices, lost, buffers, counts } = watchDevices()
    const adapter = on === 'one device' ? await navigator.gpu.requestAdapter() : undefined
    const webgpu = { device: await adapter?.requestDevice() }
    for (let i = 0; i < times; i++) {
      const one = await load(Uint8Array.from(checkpoint), { backend: 'webgpu', webgpu })
      await one.logits(Float32Array.from(pixels))
      one.dispose()
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
    return {
      made: { devices: devices.length, buffers: counts.buffer },
      left: { devices: devices.length - lost.size, buffers: buffers.size },
    }
  },
}

Object.assign(globalThis, { page })

export type Page = typeof page
