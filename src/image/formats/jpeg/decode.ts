import { FormatError } from '../../../errors.ts'
import type { RGBImage } from '../../image.ts'
import type { Turns } from '../../turns.ts'
import { UprightImage } from '../../upright.ts'
import type { ImageHeader } from '../header.ts'
import type { Orientation } from '../tiff.ts'
import { withCodec } from './codec.ts'
import { checkJPEGCost } from './cost.ts'

/**
 * Decodes a JPEG, upright. The pixels are libjpeg's with its accurate integer DCT and smooth chroma
 * upsampling, byte for byte those of Pillow; so is CMYK, which is taken as inverted, as Adobe writes it,
 * every colour dimmed by black. Colour profiles are ignored.
 *
 * @throws FormatError for files that end early or whose compressed data is damaged; LimitError for more
 *   scans than a picture of this size needs
 */
export async function decodeJPEG(
  bytes: Uint8Array,
  { width, height }: ImageHeader,
  orientation: Orientation,
  turns: Turns,
): Promise<RGBImage> {
  checkJPEGCost(bytes)
  return withCodec(async (codec) => {
    const found = codec.begin(bytes)
    if (found.width !== width || found.height !== height) {
      throw new FormatError(
        `The header of this JPEG file says ${width} x ${height} pixels, ` +
          `but it holds ${found.width} x ${found.height}.`,
      )
    }
    const image = new UprightImage(width, height, orientation)
    if (found.hasScans) while (codec.scan()) await turns.take()
    codec.start()
    for (let y = 0; ; ) {
      const rows = codec.rows(width)
      if (!rows) break
      image.put(y, rows)
      y += rows.length / (3 * width)
      await turns.take()
    }
    codec.finish()
    return image
  })
}
