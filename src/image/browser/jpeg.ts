import { checkJPEGCost } from '../formats/jpeg/cost.ts'
import { isFrame, readFrame } from '../formats/jpeg/header.ts'
import { isIntact } from '../formats/jpeg/intact.ts'
import { isMetadata, segments } from '../formats/jpeg/segments.ts'
import { type BrowserFile, blobOf } from './browser-file.ts'

/** Sampling factors of the luma; the others are 1 x 1. */
const SAMPLINGS = ['1x1', '2x1', '1x2', '2x2']

export function jpegFor(bytes: Uint8Array): BrowserFile | undefined {
  checkJPEGCost(bytes)
  const { components } = readFrame([...segments(bytes)].find(isFrame)!)
  const [luma, ...chroma] = components.map(({ across, down }) => `${across}x${down}`)
  const isUsual =
    components.length === 1 ||
    (components.length === 3 &&
      SAMPLINGS.includes(luma!) &&
      chroma.every((factors) => factors === '1x1'))
  if (!isUsual) return undefined
  return { file: withoutMetadata(bytes), isIntact: (turns) => isIntact(bytes, turns) }
}

/** What tells the colour space: APP0 (JFIF) and APP14 (Adobe). */
const KEPT = [0xe0, 0xee]

function withoutMetadata(bytes: Uint8Array): Blob {
  const parts: Uint8Array[] = []
  let from = 0
  for (const { marker, data } of segments(bytes)) {
    if (!isMetadata(marker) || KEPT.includes(marker)) continue
    const at = data.byteOffset - bytes.byteOffset
    parts.push(bytes.subarray(from, at - 4))
    from = at + data.length
  }
  parts.push(bytes.subarray(from))
  return blobOf(parts, 'jpeg')
}
