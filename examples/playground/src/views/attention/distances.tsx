import { model } from '../../state/model.ts'
import { attention, distances, shown } from './state.ts'

/** How far every head looks, by its layer, as figure 7 of the ViT paper shows it. */
export function Distances() {
  const found = attention.value
  const { imageSize } = model.value?.loaded.config ?? {}
  if (!found || !imageSize || distances.value.length !== found.layers * found.heads) return null
  const { layers, heads } = found
  // Two random places of a square are about half a side apart.
  const top = 1.1 * Math.max(...distances.value, Math.max(...imageSize) / 2)
  const step = Math.max(1, Math.round(top / 60)) * 20
  const marks = Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => i * step)
  const left = (layer: number) => `${(100 * (layer + 0.5)) / layers}%`
  const bottom = (distance: number) => `${(100 * distance) / top}%`
  return (
    <figure class="distances">
      <figcaption>
        <h2 class="minor">How far each head looks</h2>
        <span class="note">mean distance in pixels, by layer</span>
      </figcaption>
      <div class="plot" role="img" aria-label={describe(distances.value, heads)}>
        {marks.map((mark) => (
          <span key={mark} class="mark" style={{ bottom: bottom(mark) }}>
            {mark}
          </span>
        ))}
        {Array.from({ length: layers }, (_, layer) => (
          <span key={layer} class="layer" style={{ left: left(layer) }}>
            {layers <= 16 || layer % 4 === 3 ? layer + 1 : ''}
          </span>
        ))}
        {Array.from(distances.value, (distance, i) => {
          const [layer, head] = [Math.floor(i / heads), i % heads]
          return (
            <span
              key={i}
              class={isShown(layer, head) ? 'dot shown' : 'dot'}
              style={{ left: left(layer), bottom: bottom(distance) }}
            />
          )
        })}
      </div>
    </figure>
  )
}

function isShown(layer: number, head: number): boolean {
  const { value } = shown
  return value.kind === 'map' && value.layer === layer && [head, 'mean'].includes(value.head)
}

function describe(all: Float32Array, heads: number): string {
  const layers = Array.from({ length: all.length / heads }, (_, layer) => {
    const own = all.subarray(layer * heads, (layer + 1) * heads)
    return `layer ${layer + 1}: ${Array.from(own, (one) => Math.round(one)).join(', ')}`
  })
  return `Mean attention distance of every head in pixels. ${layers.join('; ')}`
}
