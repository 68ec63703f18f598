import { useRef } from 'preact/hooks'
import { percentText } from '../../format.ts'
import { isTrained, tried, tryPicture } from './state.ts'

/** A picture that the model was not trained on. */
export function Trial() {
  const input = useRef<HTMLInputElement>(null)
  const current = tried.value
  return (
    <section class="card trial" aria-labelledby="trial">
      <h3 id="trial">Try it</h3>
      {!isTrained.value && (
        <p class="note">Train first; then show it a picture that it has not seen.</p>
      )}
      {current && <img src={current.url} alt={current.name} />}
      {current?.answer && (
        <ol class="bars" aria-label="The most probable of your classes">
          {current.answer.predictions.map(({ index, label, probability }) => (
            <li key={index}>
              <span class="name">{label}</span>
              <span class="value">{percentText(probability)}</span>
              <span class="bar" style={{ '--share': probability }} />
            </li>
          ))}
        </ol>
      )}
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
