import { useEffect, useRef } from 'preact/hooks'
import { camera } from '../../state/camera.ts'
import { isStale } from '../../state/look.ts'
import { model } from '../../state/model.ts'
import { choose, chosen } from '../../state/pictures.ts'
import { failures, query, type Ranked, ranking, similarityText, waiting } from './state.ts'

/** All pictures in the order of their similarity to the one that is shown. */
export function SimilarPanel() {
  const rows = ranking.value
  return (
    <section
      class="card"
      aria-labelledby="similar"
      aria-busy={rows.length === 0 || waiting.value > 0 || isStale.value}
    >
      <h2 id="similar">Similar pictures</h2>
      <p class="lead">
        What {model.value?.title ?? 'the model'} finds most like the picture comes first. The number
        is the cosine of both embeddings: 1 is the same. Drop pictures of your own, and choose one.
      </p>
      {rows.length === 0 ? <p class="waiting">Looking…</p> : <Ranking rows={rows} />}
      {waiting.value > 0 && rows.length > 0 && <p class="note">{waiting.value} more to look at…</p>}
      {failures.value.length > 0 && (
        <p class="note">Not read: {failures.value.join(', ')}. Are they pictures?</p>
      )}
    </section>
  )
}

function Ranking({ rows }: { readonly rows: readonly Ranked[] }) {
  const list = useRef<HTMLOListElement>(null)
  const pressed = useRef<number | undefined>(undefined)
  const wanted = query.value
  // The button moves to the top of the list, and browsers take the focus away from what is moved.
  useEffect(() => {
    const id = pressed.current
    pressed.current = undefined
    if (id !== undefined && wanted) {
      list.current?.querySelector<HTMLElement>(`[data-picture="${id}"]`)?.focus()
    }
  }, [wanted])
  return (
    <ol class="similar" ref={list} aria-label="Pictures, the most similar first">
      {rows.map(({ picture, similarity }) => {
        const isShown = !camera.value && picture === chosen.value
        return (
          <li key={picture.id}>
            <button
              type="button"
              data-picture={picture.id}
              {...(isShown && { 'aria-current': 'true' as const })}
              onClick={() => {
                pressed.current = picture.id
                choose(picture)
              }}
            >
              <img src={picture.url} alt="" />
              <span class="name">{picture.name}</span>
              <span class="value">{similarityText(similarity)}</span>
              <span class="bar" style={{ '--share': Math.max(0, similarity) }} />
            </button>
          </li>
        )
      })}
    </ol>
  )
}
