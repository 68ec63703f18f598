import type { InputEmbeddings } from 'vitrine'
import { similarityTile } from '../drawing/maps.ts'
import { mosaic, weightTile } from '../drawing/mosaic.ts'
import { principalComponents } from './components.ts'
import type { Learnt } from './types.ts'

/** As many components as figure 7 of the ViT paper shows, in as many columns. */
const [componentCount, componentColumns] = [28, 7]

/** Draws the input embeddings of a model. */
export function drawLearnt({ filters, filterShape, similarity, grid }: InputEmbeddings): Learnt {
  const [count, height, width, channels] = filterShape
  const size = height * width * channels
  const tiles = (values: Float32Array, columns: number) =>
    mosaic(values.length / size, [height, width], columns, (i) =>
      weightTile(values.subarray(i * size, (i + 1) * size), [height, width, channels]),
    )
  const { components, explained } = principalComponents(filters, count, componentCount)
  const [rows, columns] = grid
  return {
    filterShape,
    filters: tiles(filters, columnsFor(count)),
    components: tiles(components, componentColumns),
    explained,
    grid,
    similarity,
    positions: mosaic(rows * columns, grid, columns, (i) => similarityTile(similarity, grid, i)),
  }
}

/** Columns of a rectangle that is wider than high; without a gap in its last row if there is such a one. */
function columnsFor(count: number): number {
  const wanted = Math.round(Math.sqrt(count * 3))
  for (let columns = wanted; columns > wanted / 1.5; columns--) {
    if (count % columns === 0) return columns
  }
  return wanted
}
