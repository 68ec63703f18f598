import { rangeOf } from './maps.ts'

/** Equal tiles in rows, with a transparent pixel between them. */
export function mosaic(
  count: number,
  [height, width]: readonly [number, number],
  columns: number,
  tile: (index: number) => ImageData,
): ImageData {
  const rows = Math.ceil(count / columns)
  const image = new ImageData(columns * (width + 1) - 1, rows * (height + 1) - 1)
  for (let i = 0; i < count; i++) {
    const { data } = tile(i)
    const [top, left] = [Math.floor(i / columns) * (height + 1), (i % columns) * (width + 1)]
    for (let y = 0; y < height; y++) {
      const row = data.subarray(y * width * 4, (y + 1) * width * 4)
      image.data.set(row, ((top + y) * image.width + left) * 4)
    }
  }
  return image
}

/**
 * Weights as a picture: each spans black to white by itself, as in figure 7 of the ViT paper.
 * @param values `[height, width, channels]`, red, green and blue or grey
 */
export function weightTile(
  values: Float32Array,
  [height, width, channels]: readonly [number, number, number],
): ImageData {
  const image = new ImageData(width, height)
  const [least, most] = rangeOf(values)
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      const value = values[i * channels + (channels === 3 ? c : 0)]!
      image.data[i * 4 + c] = (255 * (value - least)) / (most - least || 1)
    }
    image.data[i * 4 + 3] = 255
  }
  return image
}
