import type { Executable } from '../backends/backend.ts'
import { ArgumentError, UnsupportedError } from '../errors.ts'
import { show } from '../show.ts'

/**
 * Runs a program on a buffer of the GPU.
 * @param backend its name, for messages
 * @throws ArgumentError for what is no buffer; UnsupportedError where no GPU computes; what the executable throws
 */
export async function runOnDevice(
  executable: Executable,
  backend: string,
  pixels: object,
  count: number,
): Promise<Record<string, object>> {
  if (typeof pixels !== 'object' || pixels === null) {
    throw new ArgumentError(`The pixels must be a GPUBuffer, not ${show(pixels)}.`)
  }
  if (executable.runOnDevice) return executable.runOnDevice(pixels, count)
  throw new UnsupportedError(`The backend ${backend} takes no buffers of a GPU.`)
}
