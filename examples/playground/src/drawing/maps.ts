import { ramp } from './ramp.ts'

/** The least and the largest of some values. */
export function rangeOf(values: Float32Array): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < least) least = value
    if (value > most) most = value
  }
  return [least, most]
}

/**
 * The range in which nearly all values lie. Single tokens that gather attention would leave nothing to see of the
 * others.
 */
export function usualRangeOf(values: Float32Array): [least: number, most: number] {
  const sorted = values.slice().sort()
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0
  return [at(0.02), at(0.975)]
}

/** A map in colours, one pixel per value. */
export function colouredMap(
  values: Float32Array,
  [rows, columns]: readonly [number, number],
  [least, most] = usualRangeOf(values),
): ImageData {
  const image = new ImageData(columns, rows)
  const scale = 255 / (most - least || 1)
  values.forEach((value, i) => {
    const at = Math.round(Math.min(Math.max((value - least) * scale, 0), 255)) * 3
    for (let c = 0; c < 3; c++) image.data[i * 4 + c] = ramp[at + c]!
    image.data[i * 4 + 3] = 255
  })
  return image
}

/** How similar the position embedding of a patch is to all others. */
export function similarityTile(
  similarity: Float32Array,
  grid: readonly [rows: number, columns: number],
  patch: number,
): ImageData {
  const size = grid[0] * grid[1]
  return colouredMap(similarity.subarray(patch * size, (patch + 1) * size), grid, [-1, 1])
}

/** Darkness where a map is low, so that a picture under it is lit where the map is high. */
export function darkness(
  values: Float32Array,
  [rows, columns]: readonly [number, number],
): ImageData {
  const image = new ImageData(columns, rows)
  const [least, most] = usualRangeOf(values)
  values.forEach((value, i) => {
    const light = Math.min(Math.max((value - least) / (most - least || 1), 0), 1) ** 0.75
    image.data.set([8, 7, 6, 210 * (1 - light)], i * 4)
  })
  return image
}

/** A canvas of the image's own size. */
export function draw(canvas: HTMLCanvasElement, image: ImageData): void {
  canvas.width = image.width
  canvas.height = image.height
  canvas.getContext('2d')!.putImageData(image, 0, 0)
}
