import { wasmModule } from '../inlined/wasm-files.ts'
import type { RawImage } from './image.ts'
import { addAlpha, countChannels, repeatGrey } from './rgba.ts'

/**
 * Encodes raw pixels, grey, RGB or RGBA, as an 8-bit PNG.
 *
 * @throws ArgumentError when the number of bytes does not match width and height
 */
export async function encodePNG(image: RawImage): Promise<Uint8Array> {
  const { width, height, data } = image
  const channels = countChannels(image)
  const rgb = channels === 1 ? repeatGrey(data) : data
  const rgba = channels === 4 ? new Uint8ClampedArray(data) : addAlpha(rgb)
  const { default: encode, init } = await import('@jsquash/png/encode.js')
  await init(await wasmModule('png-encoder'))
  return new Uint8Array(await encode({ width, height, data: rgba, colorSpace: 'srgb' }))
}
