import { percentText } from '../../format.ts'
import {
  canTrain,
  curve,
  download,
  isTrained,
  lesson,
  task,
  train,
  useEverywhere,
} from './state.ts'

/** Trains, and shows how well it goes. */
export function Learning() {
  const now = task.value
  const last = lesson.value
  return (
    <section class="card" aria-labelledby="learning">
      <h3 id="learning">Training</h3>
      <p class="verdict">
        {last && last.pictures > 0
          ? percentText(last.accuracy)
          : isTrained.value
            ? 'Trained'
            : 'Not yet'}
      </p>
      <p class="note">
        {last && last.pictures > 0
          ? `of ${last.pictures} pictures that were held out are right`
          : canTrain.value
            ? 'A tenth of the pictures is held out, and tells how well it does.'
            : 'It takes pictures of two classes at least.'}
      </p>
      {curve.value.length > 1 && <Curve values={curve.value} />}
      {now && (
        <>
          <progress
            aria-label={titles[now.kind]}
            {...(now.kind === 'learn' && { max: now.total, value: now.done })}
            {...(now.kind === 'train' && last && { max: last.totalSteps, value: last.step })}
          />
          <p class="note">
            {titles[now.kind]}
            {now.kind === 'learn' && `, ${now.done} of ${now.total}`}
          </p>
        </>
      )}
      <div class="actions">
        <button
          type="button"
          class="primary"
          disabled={!canTrain.value || now !== undefined}
          onClick={train}
        >
          {isTrained.value ? 'Train again' : 'Train'}
        </button>
        {isTrained.value && (
          <>
            <button type="button" disabled={now !== undefined} onClick={download}>
              Export the model
            </button>
            <button
              type="button"
              class="quiet"
              disabled={now !== undefined}
              onClick={useEverywhere}
            >
              Use it in all rooms
            </button>
          </>
        )}
      </div>
    </section>
  )
}

const titles = {
  open: 'Bringing back what you taught',
  learn: 'Looking at pictures',
  train: 'Training',
  export: 'Writing the model',
} as const

/** The accuracy over the training, from 0 to 1. */
function Curve({ values }: { values: readonly number[] }) {
  const points = values
    .map((value, i) => `${(100 * i) / (values.length - 1)},${40 - 38 * value}`)
    .join(' ')
  return (
    <svg
      class="curve"
      viewBox="0 0 100 42"
      preserveAspectRatio="none"
      role="img"
      aria-label={`Accuracy from ${percentText(values[0]!)} to ${percentText(values.at(-1)!)}`}
    >
      <polyline points={points} />
    </svg>
  )
}
