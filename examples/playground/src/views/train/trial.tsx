import { useEffect, useRef } from 'preact/hooks'
import type { Answer } from '../../engine/types.ts'
import { percentText } from '../../format.ts'
import { camera } from '../../state/camera.ts'
import { isTrained, seen, tried, tryPicture, watchCamera } from './state.ts'

/** A picture that the model was not trained on. */
export function Trial() {
  const input = useRef<HTMLInputElement>(null)
  const current = tried.value
  const [stream, trained] = [camera.value, isTrained.value]
  useEffect(() => {
    let isCurrent = stream !== undefined && trained
    void watchCamera(() => isCurrent)
    return () => {
      isCurrent = false
    }
  }, [stream, trained])
  return (
    <section class="card trial" aria-labelledby="trial">
      <h3 id="trial">Try it</h3>
      {!isTrained.value && (
        <p class="note">Train first; then show it a picture that it has not seen.</p>
      )}
      {current && !seen.value && <img src={current.url} alt={current.name} />}
      {current?.answer && !seen.value && <Bars answer={current.answer} />}
      {seen.value && <Bars answer={seen.value} />}
      <div class="actions">
        <button type="button" disabled={!isTrained.value} onClick={() => input.current?.click()}>
          Choose a picture
        </button>
        <input
          ref={input}
          type="file"
          accept="image/*"
          hidden
          aria-label="A picture to try"
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? []
            if (file) void tryPicture(file, file.name)
            currentTarget.value = ''
          }}
        />
      </div>
    </section>
  )
}

function Bars({ answer: { predictions } }: { answer: Answer }) {
  return (
    <ol class="bars" aria-label="The most probable of your classes">
      {predictions.map(({ index, label, probability }) => (
        <li key={index}>
          <span class="name">{label}</span>
          <span class="value">{percentText(probability)}</span>
          <span class="bar" style={{ '--share': probability }} />
        </li>
      ))}
    </ol>
  )
}
