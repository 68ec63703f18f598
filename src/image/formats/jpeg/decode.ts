import { FormatError } from '../../../errors.ts'
import { checkDecodingBytes } from '../../allocate.ts'
import type { RowSink } from '../../rows.ts'
import type { Turns } from '../../turns.ts'
import type { ImageHeader } from '../header.ts'
import { withCodec } from './codec.ts'
import { checkJPEGCost } from './cost.ts'

/**
 * Decodes a JPEG. It uses libjpeg's accurate integer DCT and smooth chroma upsampling, so pixels
 * equal Pillow's byte for byte. CMYK is taken as inverted, as Adobe writes it, and multiplied by black. Colour profiles are ignored.
 *
 * @throws FormatError for truncated files or damaged compressed data; LimitError for an implausible number of
 *   scans
 */
export async function decodeJPEG<Sink extends RowSink>(
  bytes: Uint8Array,
  { width, height }: ImageHeader,
  newSink: () => Sink,
  turns: Turns,
): Promise<Sink> {
  const { coefficients } = checkJPEGCost(bytes)
  checkDecodingBytes(coefficients, 'JPEG file of several scans', 'baseline JPEG')
  return withCodec(async (codec) => {
    const found = codec.begin(bytes)
    if (found.width !== width || found.height !== height) {
      throw new FormatError(
        `The header of this JPEG file says ${width} x ${height} pixels, ` +
          `but it holds ${found.width} x ${found.height}.`,
      )
    }
    const sink = newSink()
    if (found.hasScans) while (codec.scan()) await turns.take()
    codec.start()
    for (let y = 0; ; ) {
      const rows = codec.rows(width)
      if (!rows) break
      sink.put(y, rows)
      y += rows.length / (3 * width)
      await turns.take()
    }
    codec.finish()
    return sink
  })
}
