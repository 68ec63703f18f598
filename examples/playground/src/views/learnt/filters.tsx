import { useMemo } from 'preact/hooks'
import { mosaic, weightTile } from '../../drawing/mosaic.ts'
import type { Learnt } from '../../engine/types.ts'
import { MapCanvas } from '../../parts/map-canvas.tsx'

/** The filters of the patch embedding, and what most of them have in common. */
export function Filters({ learnt }: { learnt: Learnt }) {
  const { filters, components, explained, filterShape } = learnt
  const [count, height, width, channels] = filterShape
  const tiles = (values: Float32Array, columns: number) => {
    const size = height * width * channels
    return mosaic(values.length / size, [height, width], columns, (i) =>
      weightTile(values.subarray(i * size, (i + 1) * size), [height, width, channels]),
    )
  }
  const principal = useMemo(() => tiles(components, 7), [learnt])
  const all = useMemo(() => tiles(filters, columnsFor(count)), [learnt])
  const share = explained.reduce((sum, one) => sum + one, 0)
  return (
    <figure class="card">
      <h3>Patch embedding filters</h3>
      <div class="plate">
        <MapCanvas
          image={principal}
          class="pixels"
          label={`The first ${explained.length} principal components of ${count} filters`}
        />
      </div>
      <p class="note">
        The first {explained.length} principal components explain {Math.round(share * 100)} % of the
        variance of all filters: stripes, edges and blobs of colour, of which every patch is
        composed.
      </p>
      <div class="plate">
        <MapCanvas
          image={all}
          class="pixels"
          label={`All ${count} filters of ${width} by ${height} pixels`}
        />
      </div>
      <figcaption class="note">
        All {count} filters. Each looks at a patch of {width} × {height} pixels, and gives one
        number of its token.
      </figcaption>
    </figure>
  )
}

/** Columns of a rectangle that is wider than high; without a gap in its last row if there is such a one. */
function columnsFor(count: number): number {
  const wanted = Math.round(Math.sqrt(count * 3))
  for (let columns = wanted; columns > wanted / 1.5; columns--) {
    if (count % columns === 0) return columns
  }
  return wanted
}
