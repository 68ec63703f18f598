import { useMemo } from 'preact/hooks'
import { darkness } from '../../drawing/maps.ts'
import { GridCursor } from '../../parts/grid-cursor.tsx'
import { MapCanvas } from '../../parts/map-canvas.tsx'
import { isStale } from '../../state/look.ts'
import { attendFrom, attention, mapOf, patch, shown } from './state.ts'

/** Lights the picture where the chosen head looks. */
export function AttentionOverlay() {
  const found = attention.value
  const selected = shown.value
  const image = useMemo(
    () => found && darkness(mapOf(found, selected), found.grid),
    [found, selected],
  )
  if (!found || !image || isStale.value) return null
  return (
    <>
      <MapCanvas image={image} class="darkness" />
      <GridCursor
        grid={found.grid}
        value={patch.value}
        onChange={attendFrom}
        label="The patch that attends"
        none="the class token"
      />
    </>
  )
}
