import { platform } from '#platform'
import type { RawImage } from './image.ts'
import { addAlpha, countChannels } from './rgba.ts'

/**
 * Encodes raw pixels, RGB or RGBA, as an 8-bit PNG.
 *
 * @throws ArgumentError when the number of bytes does not match width and height
 */
export async function encodePNG(image: RawImage): Promise<Uint8Array> {
  const { width, height, data } = image
  const rgba = countChannels(image) === 4 ? new Uint8ClampedArray(data) : addAlpha(data)
  const { default: encode, init } = await import('@jsquash/png/encode.js')
  const wasm = await platform.readDependency('@jsquash/png/codec/pkg/squoosh_png_bg.wasm')
  await init(wasm && (await WebAssembly.compile(wasm as BufferSource)))
  return new Uint8Array(await encode({ width, height, data: rgba, colorSpace: 'srgb' }))
}
