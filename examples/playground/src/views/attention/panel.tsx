import { useMemo } from 'preact/hooks'
import { colouredMap } from '../../drawing/maps.ts'
import type { Attention } from '../../engine/types.ts'
import { percentText } from '../../format.ts'
import { MapCanvas } from '../../parts/map-canvas.tsx'
import { answer, isStale } from '../../state/look.ts'
import { attention, mapOf, patch, type Selection, selection, shown } from './state.ts'

export function AttentionPanel() {
  const found = attention.value
  return (
    <section class="card" aria-labelledby="where-it-looks" aria-busy={!found || isStale.value}>
      <h2 id="where-it-looks">Where it looks</h2>
      <p class="lead">
        Bright parts of the picture are what{' '}
        {patch.value === undefined ? <Subject /> : 'the marked patch'} draws on. Point at the
        picture to ask a single patch.
      </p>
      {found ? <Wall found={found} /> : <p class="waiting">Looking…</p>}
    </section>
  )
}

function Subject() {
  const best = answer.value?.predictions[0]
  return best ? <strong>{`${best.label}, ${percentText(best.probability)},`}</strong> : 'the answer'
}

/** Every head of every layer, to choose from. */
function Wall({ found }: { found: Attention }) {
  const { layers, heads } = found
  const columns: (number | 'mean')[] = ['mean', ...Array.from({ length: heads }, (_, head) => head)]
  return (
    <fieldset class="wall">
      <legend class="visually-hidden">The attention that is shown</legend>
      <label class="choice">
        <input
          type="radio"
          name="map"
          checked={shown.value.kind === 'rollout'}
          onChange={() => {
            selection.value = { kind: 'rollout' }
          }}
        />
        <span>
          <strong>Rollout</strong> through all {layers} layers
        </span>
      </label>
      <div class="heads" style={{ '--columns': columns.length }}>
        <span class="corner">layer</span>
        {columns.map((head) => (
          <span key={head} class="head-name">
            {head === 'mean' ? 'mean' : head + 1}
          </span>
        ))}
        {Array.from({ length: layers }, (_, layer) => [
          <span key={`layer ${layer}`} class="layer-name">
            {layer + 1}
          </span>,
          ...columns.map((head) => <Cell key={`${layer} ${head}`} {...{ found, layer, head }} />),
        ])}
      </div>
    </fieldset>
  )
}

interface CellProps {
  readonly found: Attention
  readonly layer: number
  readonly head: number | 'mean'
}

function Cell({ found, layer, head }: CellProps) {
  const own: Selection = { kind: 'map', layer, head }
  const image = useMemo(
    () => colouredMap(mapOf(found, { kind: 'map', layer, head }), found.grid),
    [found, layer, head],
  )
  const { value } = shown
  const isShown = value.kind === 'map' && value.layer === layer && value.head === head
  return (
    <label class="head">
      <input
        type="radio"
        name="map"
        checked={isShown}
        aria-label={`Layer ${layer + 1}, ${head === 'mean' ? 'mean of its heads' : `head ${head + 1}`}`}
        onChange={() => {
          selection.value = own
        }}
      />
      <MapCanvas image={image} class="pixels" />
    </label>
  )
}
