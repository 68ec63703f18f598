type Sides = readonly [height: number, width: number]

/** How near the search for a scale comes, and the largest scale: the publisher's constants. */
const STEP = 1e-5
const MOST = 100

/**
 * The size that a picture gets where it keeps its aspect ratio: the largest of whole patches that are not more than
 * `maxPatches`, as `Siglip2ImageProcessor` of transformers searches for it.
 * @param picture height and width in pixels
 * @param patch height and width of a patch in pixels
 */
export function sizeInPatches(picture: Sides, patch: Sides, maxPatches: number): [number, number] {
  const sides = (scale: number) =>
    picture.map((side, i) => Math.max(1, Math.ceil((side * scale) / patch[i]!))) as [number, number]
  let [least, most] = [STEP / 10, MOST]
  while (most - least >= STEP) {
    const scale = (least + most) / 2
    const [down, across] = sides(scale)
    if (down * across <= maxPatches) least = scale
    else most = scale
  }
  const [down, across] = sides(least)
  return [down * patch[0], across * patch[1]]
}

/**
 * Cuts pixels into patches.
 * @param pixels `[height, width, channels]`, of whole patches
 * @returns `[patches, patch height * patch width * channels]`, row by row from the top left
 */
export function cutPatches(
  pixels: Float32Array,
  [height, width]: Sides,
  patch: Sides,
  channels: number,
): Float32Array {
  const cut = new Float32Array(pixels.length)
  const run = patch[1] * channels
  let at = 0
  for (let top = 0; top < height; top += patch[0]) {
    for (let left = 0; left < width; left += patch[1]) {
      for (let y = top; y < top + patch[0]; y++) {
        const from = (y * width + left) * channels
        cut.set(pixels.subarray(from, from + run), at)
        at += run
      }
    }
  }
  return cut
}
