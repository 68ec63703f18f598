import type { Learnt } from '../../engine/types.ts'
import { MapCanvas } from '../../parts/map-canvas.tsx'

/** The filters of the patch embedding, and what most of them have in common. */
export function Filters({ learnt }: { learnt: Learnt }) {
  const { filters, components, explained, filterShape } = learnt
  const [count, height, width] = filterShape
  const share = explained.reduce((sum, one) => sum + one, 0)
  return (
    <figure class="card">
      <h3>Patch embedding filters</h3>
      <div class="plate">
        <MapCanvas
          image={components}
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
          image={filters}
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
