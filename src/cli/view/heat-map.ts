import { interpolateInferno } from 'd3-scale-chromatic'
import type { ModelConfig } from '../../checkpoint/model-config.ts'
import type { Patches } from '../../families/family.ts'
import type { RGBImage } from '../../image/image.ts'
import { geometry } from '../../image/preprocess/geometry.ts'
import { resizePillow } from '../../image/preprocess/pillow-resize.ts'
import type { Recipe } from '../../image/preprocess/recipes.ts'
import type { AttentionMap } from '../analysis/attention-map.ts'
import { filterTaps, mixColumns, mixRows } from './grid-filter.ts'

/** The longer side of the output, in pixels; larger images are shrunk. */
const LONGEST = 1600

/** How much colour and brightness the image keeps below the map. */
const GROUND = { colour: 0.2, light: 0.7 }

/** The same for the part that the model does not see. */
const UNSEEN = { colour: 0, light: 0.3 }

/** Opacity of the hottest patch; that of the coldest is 0. */
const COVER = 0.8

/** The quantiles that are drawn as coldest and hottest. */
const COLDEST = 0.35
const HOTTEST = 0.97

/**
 * Draws an attention map over the part of its image that the model saw.
 * @param recipe the preprocessing, which decides what part that is
 * @param imageSize that of the model
 * @param patchSize what each value stands for, in the model's pixels
 */
export function drawHeatMap(
  picture: RGBImage,
  { values, grid }: AttentionMap,
  recipe: Recipe,
  imageSize: ModelConfig['imageSize'],
  patchSize: Patches['size'],
): RGBImage {
  const image = limited(picture)
  const { width, height, data } = image
  const { resized, window, at } = geometry(recipe, [picture.height, picture.width], imageSize)
  const rows = filterTaps(height, grid[0], (y) => {
    return ((y * resized[0]) / height - window.top + at.top) / patchSize[0]
  })
  const columns = filterTaps(width, grid[1], (x) => {
    return ((x * resized[1]) / width - window.left + at.left) / patchSize[1]
  })
  const strengths = stretch(values)
  const palette = colours()
  const out = new Uint8Array(data.length)
  const line = new Float32Array(grid[1])
  for (let y = 0; y < height; y++) {
    const row = rows[y]
    if (row) mixRows(strengths, row, line)
    for (let x = 0; x < width; x++) {
      const column = row && columns[x]
      // The filter overshoots a little at steep slopes.
      const heat = column ? Math.min(1, Math.max(0, mixColumns(line, column))) : undefined
      blend(data, out, 3 * (y * width + x), heat, palette)
    }
  }
  return { width, height, data: out }
}

/** Blends one pixel; `heat` is 0 … 1, or undefined outside the model's input. */
function blend(
  data: Uint8Array,
  out: Uint8Array,
  pixel: number,
  heat: number | undefined,
  palette: Uint8Array,
): void {
  const { colour, light } = heat === undefined ? UNSEEN : GROUND
  const grey = 0.299 * data[pixel]! + 0.587 * data[pixel + 1]! + 0.114 * data[pixel + 2]!
  const cover = COVER * (heat ?? 0) ** 0.7
  // The map's brightness follows the image's, so that the image shows through.
  const shine = 0.7 + (0.5 * grey) / 255
  const hot = 3 * Math.round((heat ?? 0) * 255)
  for (let c = 0; c < 3; c++) {
    const ground = light * (grey + colour * (data[pixel + c]! - grey))
    out[pixel + c] = Math.min(255, ground + cover * (shine * palette[hot + c]! - ground))
  }
}

function limited(image: RGBImage): RGBImage {
  const scale = LONGEST / Math.max(image.width, image.height)
  if (scale >= 1) return image
  const side = (length: number) => Math.max(1, Math.round(length * scale))
  return resizePillow(image, [side(image.height), side(image.width)], 'lanczos')
}

/** Scales values to 0 … 1; quantiles keep single outliers from darkening all others. */
function stretch(values: Float32Array): Float32Array {
  const sorted = values.toSorted()
  const quantile = (q: number) => sorted[Math.round(q * (sorted.length - 1))]!
  const low = quantile(COLDEST)
  const span = quantile(HOTTEST) - low
  // A uniform map is cold everywhere.
  return values.map((value) => (span > 0 ? Math.min(1, Math.max(0, (value - low) / span)) : 0))
}

/** 256 colours of matplotlib's inferno without its black and white ends, `[256, 3]` bytes. */
function colours(): Uint8Array {
  const bytes = new Uint8Array(256 * 3)
  for (let i = 0; i < 256; i++) {
    const hex = interpolateInferno(0.2 + (0.72 * i) / 255)
    for (let c = 0; c < 3; c++) {
      bytes[3 * i + c] = Number.parseInt(hex.slice(1 + 2 * c, 3 + 2 * c), 16)
    }
  }
  return bytes
}
