import { importOptional } from '../../../src/backends/optional.ts'
import { findGpu } from '../../../src/backends/webgpu/gpu.ts'
import { UnsupportedError } from '../../../src/errors.ts'
import type { Place } from '../../engine/peer.ts'

type Where = Pick<Place, 'runtime'>

/** Options for Dawn in Node, with spaces between: `adapter=NVIDIA`, `disable-dawn-features=…`. */
export function dawnOptions(place: Where): string[] {
  if (place.runtime === 'browser') return []
  return (process.env.VITRINE_DAWN ?? '').split(' ').filter(Boolean)
}

/**
 * Makes Node look like a page to engines that are written for one: `navigator.gpu`, and the names of
 * WebGPU's classes and flags. In a page it does nothing.
 * @throws UnsupportedError where the package `webgpu` is not installed
 */
export async function provideGpu(place: Where, dawn = dawnOptions(place)): Promise<void> {
  if (place.runtime === 'browser') return
  const gpu = await findGpu(dawn)
  const { globals } = await importOptional<{ globals: object }>('webgpu', 'npm install webgpu.')
  Object.assign(globalThis, globals)
  const navigator = { ...globalThis.navigator, gpu, userAgent: 'node' }
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true })
  // ONNX Runtime writes from memory that its threads share, which Dawn does not take.
  const queue = (globals as { GPUQueue: { prototype: GPUQueue } }).GPUQueue.prototype
  const { writeBuffer } = queue
  queue.writeBuffer = function (buffer, offset, data, ...rest) {
    const bytes = ArrayBuffer.isView(data) ? data.buffer : data
    const isShared = bytes instanceof SharedArrayBuffer
    return writeBuffer.call(this, buffer, offset, isShared ? unshared(data) : data, ...rest)
  }
}

function unshared(data: AllowSharedBufferSource): Uint8Array<ArrayBuffer> {
  if (!ArrayBuffer.isView(data)) return Uint8Array.from(new Uint8Array(data))
  return Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
}

/**
 * Asks for the GPU that engines will take, so that none of them computes elsewhere unnoticed.
 * @returns what the browser says about it: `nvidia ampere`, `google swiftshader`
 * @throws UnsupportedError where there is none
 */
export async function findAdapter(): Promise<string> {
  const { gpu } = navigator as { gpu?: GPU }
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) throw new UnsupportedError('There is no WebGPU here, or no GPU for it.')
  const { vendor, architecture, description } = adapter.info
  return [vendor, architecture || description].filter(Boolean).join(' ') || 'WebGPU'
}
