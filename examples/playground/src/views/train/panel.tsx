import { useEffect } from 'preact/hooks'
import { Classes } from './classes.tsx'
import { Learning } from './learning.tsx'
import { Mistakes } from './mistakes.tsx'
import { base, classes, featureBytes, forget, resume } from './state.ts'
import { Trial } from './trial.tsx'

/** A head of the visitor's own: a few pictures of each class, and the model tells them apart. */
export function TrainPanel() {
  useEffect(() => void resume(), [])
  return (
    <div class="training">
      <header>
        <h2>Train your own</h2>
        <p class="lead">
          Show {base.value || 'the model'} some pictures of each thing that it shall tell apart. It
          has seen a million others, so twenty of each are a good beginning.{' '}
          <strong>Nothing is uploaded:</strong> pictures are read on this device. Of each, this
          browser keeps{' '}
          {featureBytes.value ? `${featureBytes.value.toLocaleString('en')} bytes` : 'some bytes'}{' '}
          that the model sees in it, and a thumbnail.
        </p>
      </header>
      <Classes />
      <div class="lessons">
        <Learning />
        <Trial />
      </div>
      <Mistakes />
      {classes.value.length > 0 && (
        <p class="note">
          All of this is kept in this browser for your next visit.{' '}
          <button type="button" class="quiet" onClick={forget}>
            Forget everything
          </button>
        </p>
      )}
    </div>
  )
}
