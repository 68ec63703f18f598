import { useEffect } from 'preact/hooks'
import { model } from '../../state/model.ts'
import { Filters } from './filters.tsx'
import { Positions } from './positions.tsx'
import { follow, learnt, problem } from './state.ts'

/** The two weights that an eye can read, as figure 7 of the ViT paper shows them. */
export function LearntPanel() {
  useEffect(follow, [])
  const found = learnt.value
  return (
    <div class="learnt" aria-busy={!found}>
      <header>
        <h2>What {model.value?.title ?? 'it'} learnt</h2>
        <p class="lead">
          Nobody told the model what an edge or a neighbour is. Both came out of its training, and
          can be seen in its first weights.
        </p>
      </header>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value.title}: {problem.value.message}
        </p>
      )}
      {found ? (
        <div class="figures">
          <Filters learnt={found} />
          <Positions learnt={found} />
        </div>
      ) : (
        !problem.value && <p class="waiting">Reading its weights…</p>
      )}
    </div>
  )
}
