import { useSignal } from '@preact/signals'
import { useMemo } from 'preact/hooks'
import { colouredMap, similarityTile } from '../../drawing/maps.ts'
import type { Learnt } from '../../engine/types.ts'
import { GridCursor } from '../../parts/grid-cursor.tsx'
import { MapCanvas } from '../../parts/map-canvas.tsx'

/** How similar the position embeddings are: a tile for each patch, and in it a pixel for each patch. */
export function Positions({ learnt }: { learnt: Learnt }) {
  const { similarity, grid, positions } = learnt
  const [rows, columns] = grid
  const cell = useSignal(Math.floor(rows / 3) * columns + Math.floor(columns / 3))
  const chosen = Math.min(cell.value, rows * columns - 1)
  const tile = useMemo(() => similarityTile(similarity, grid, chosen), [similarity, chosen])
  const [row, column] = [Math.floor(chosen / columns), chosen % columns]
  return (
    <figure class="card">
      <div class="card-head">
        <h3>Position embedding similarity</h3>
        <Scale />
      </div>
      <div class="plate">
        <MapCanvas
          image={positions}
          class="pixels"
          label={`${rows} by ${columns} tiles, one for each patch: how similar its position embedding is to all others`}
        />
        <GridCursor
          grid={grid}
          value={chosen}
          onChange={(patch) => {
            if (patch !== undefined) cell.value = patch
          }}
          label="The patch that is shown large"
        />
      </div>
      <figcaption class="note with-tile">
        <MapCanvas image={tile} class="pixels tile" />
        <span>
          The patch in row {row + 1}, column {column + 1}, and how similar its position is to every
          other. Patches in the same row and column are alike: the model knows the grid, though it
          was only given numbers.
        </span>
      </figcaption>
    </figure>
  )
}

/** The colours of the cosine. */
function Scale() {
  const image = useMemo(
    () =>
      colouredMap(
        Float32Array.from({ length: 64 }, (_, i) => i),
        [1, 64],
      ),
    [],
  )
  return (
    <span class="scale">
      <span>−1</span>
      <MapCanvas image={image} label="Colours of the cosine similarity from −1 to 1" />
      <span>1</span>
    </span>
  )
}
