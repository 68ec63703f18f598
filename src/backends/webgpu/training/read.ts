import type { Weight } from '../../../program/values.ts'
import type { Device } from '../device.ts'
import { vectors } from '../kernels/kernel.ts'
import { MAP_READ, Usage } from '../usage.ts'

/** A weight in f32, row-major. */
export async function readWeight(
  device: Device,
  buffer: GPUBuffer,
  { name, shape: [rows, columns] }: Weight,
): Promise<Float32Array> {
  const stride = 4 * vectors(columns)
  const size = 4 * rows * stride
  const usage = Usage.MapRead | Usage.CopyTarget
  const staging = device.gpu.createBuffer({ label: `read ${name}`, size, usage })
  try {
    const encoder = device.gpu.createCommandEncoder()
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, size)
    device.gpu.queue.submit([encoder.finish()])
    await device.orLost(staging.mapAsync(MAP_READ))
    const stored = new Float32Array(staging.getMappedRange())
    if (stride === columns) return stored.slice()
    const values = new Float32Array(rows * columns)
    for (let row = 0; row < rows; row++) {
      values.set(stored.subarray(row * stride, row * stride + columns), row * columns)
    }
    return values
  } finally {
    staging.destroy()
  }
}
