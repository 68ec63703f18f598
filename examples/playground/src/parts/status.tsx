import type { Progress } from '../engine/types.ts'
import { bytesText } from '../format.ts'
import { announcement } from '../state/announce.ts'
import { cancelOpening, failure, opening } from '../state/model.ts'
import { Icon } from './icon.tsx'

/** What is being loaded, and what went wrong. */
export function Status() {
  return (
    <>
      <p class="visually-hidden" role="status">
        {announcement}
      </p>
      {failure.value && (
        <div class="toast problem" role="alert">
          <div>
            <strong>{failure.value.title}.</strong>
            <p>{failure.value.message}</p>
          </div>
          <button
            type="button"
            class="icon-only"
            aria-label="Close this message"
            onClick={() => {
              failure.value = undefined
            }}
          >
            <Icon name="close" />
          </button>
        </div>
      )}
      {opening.value?.progress && isSlow(opening.value.progress) && (
        <div class="toast">
          <div class="grow">
            <label for="opening">
              {verbs[opening.value.progress.phase]} <strong>{opening.value.title}</strong>
            </label>
            <Meter progress={opening.value.progress} />
          </div>
          {opening.value.progress.phase !== 'keep' && (
            <button type="button" onClick={cancelOpening}>
              Cancel
            </button>
          )}
        </div>
      )}
    </>
  )
}

const verbs: Readonly<Record<Progress['phase'], string>> = {
  download: 'Downloading',
  open: 'Opening',
  weights: 'Reading',
  keep: 'Keeping',
}

/** The embedded model is read too fast for words. */
const isSlow = ({ phase, total }: Progress) => phase === 'download' || total > 5e7

function Meter({ progress: { loaded, total, secondsLeft, retry } }: { progress: Progress }) {
  const left = secondsLeft === undefined ? '' : `, ${Math.ceil(secondsLeft)} s left`
  return (
    <>
      <progress id="opening" {...(total > 0 && { max: total, value: loaded })} />
      <span class="note">
        {retry ?? `${bytesText(loaded)}${total > 0 ? ` of ${bytesText(total)}` : ''}${left}`}
      </span>
    </>
  )
}
