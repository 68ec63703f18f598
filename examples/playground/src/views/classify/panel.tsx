import { bytesText, durationText, percentText } from '../../format.ts'
import { Runtimes } from '../../parts/runtimes.tsx'
import { answer, isStale } from '../../state/look.ts'
import { failure, model, opening } from '../../state/model.ts'

export function ClassifyPanel() {
  return (
    <>
      <Label />
      <Runtimes />
    </>
  )
}

/** The card beside the exhibit. */
function Label() {
  const current = model.value
  if (current && !current.loaded.classifies) {
    return (
      <section class="card" aria-labelledby="answer">
        <h2 id="answer" class="verdict">
          No head
        </h2>
        <p class="note">
          {current.title} has no classes to choose from. Its attention and what it learnt can be
          seen{current.loaded.knowsWords && ', and it can choose from '}
          {current.loaded.knowsWords && <a href="#words">your own words</a>}.
        </p>
      </section>
    )
  }
  const predictions = answer.value?.predictions ?? []
  const [best] = predictions
  return (
    <section class="card" aria-labelledby="answer" aria-busy={!best || isStale.value}>
      <h2 id="answer" class="verdict">
        {best?.label ?? <span class="waiting">{failure.value ? 'No answer' : 'Looking…'}</span>}
      </h2>
      {!best && <FirstLoad />}
      <ol class="bars" aria-label="The most probable classes">
        {predictions.map(({ index, label, probability }) => (
          <li key={index}>
            <span class="name">{label}</span>
            <span class="value">{percentText(probability)}</span>
            <span class="bar" style={{ '--share': probability }} />
          </li>
        ))}
      </ol>
      <p class="note">
        {answer.value &&
          `${durationText(answer.value.milliseconds)} from the picture to the answer`}
      </p>
    </section>
  )
}

/** How far the first model is; later ones have a line of their own. */
function FirstLoad() {
  const progress = opening.value?.progress
  if (!progress?.total) return null
  const { loaded, total } = progress
  return (
    <>
      <progress max={total} value={loaded} aria-label="The model" />
      <p class="note">
        {bytesText(loaded)} of {bytesText(total)}
      </p>
    </>
  )
}
