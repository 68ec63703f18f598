import { useRef } from 'preact/hooks'
import type { Judged } from '../../engine/types.ts'
import { percentText } from '../../format.ts'
import { chooseModel } from '../../parts/models.tsx'
import { isStale } from '../../state/look.ts'
import { model } from '../../state/model.ts'
import {
  hasPlace,
  judgeAgain,
  judged,
  labels,
  problem,
  takeVocabulary,
  task,
  template,
  text,
  vocabulary,
} from './state.ts'

/** Labels that the visitor types, in the order in which they fit the picture. */
export function WordsPanel() {
  const current = model.value
  if (current && !current.loaded.knowsWords) return <NoWords title={current.title} />
  return (
    <>
      <section
        class="card"
        aria-labelledby="words"
        aria-busy={task.value !== undefined || isStale.value}
      >
        <h2 id="words">Your words</h2>
        <p class="lead">
          {current?.title ?? 'The model'} was taught with pictures and their captions, so that words
          can be its classes. Type some, and see which fit the picture.
        </p>
        {problem.value ? (
          <p class="note" role="alert">
            {problem.value}
          </p>
        ) : (
          <Ranking of={judged.value} />
        )}
        <p class="note">{task.value}</p>
      </section>
      <Typing />
    </>
  )
}

function NoWords({ title }: { readonly title: string }) {
  return (
    <section class="card words" aria-labelledby="words">
      <h2 id="words">No words</h2>
      <p class="lead">
        {title} knows pictures only. A CLIP, a SigLIP or a LiT knows words too: choose one of the
        published ones, such as hf:openai/clip-vit-base-patch32 (600 MB), or drop a file of yours.
      </p>
      <button type="button" class="primary" aria-haspopup="dialog" onClick={chooseModel}>
        Choose a model
      </button>
    </section>
  )
}

function Ranking({ of }: { readonly of: Judged | undefined }) {
  if (!of) return <p class="waiting">Looking…</p>
  return (
    <>
      <ol class="bars" aria-label="Your words, the most fitting first">
        {of.labels.map(({ label, probability }) => (
          <li key={label}>
            <span class="name">{label}</span>
            <span class="value">{percentText(probability)}</span>
            <span class="bar" style={{ '--share': probability }} />
          </li>
        ))}
      </ol>
      <p class="note">
        {of.each
          ? 'Each is judged for itself: several may fit, or none.'
          : 'They are compared with each other, and sum to 100 %.'}
      </p>
    </>
  )
}

function Typing() {
  const input = useRef<HTMLInputElement>(null)
  const kind = model.value?.source.kind
  const isAlone = kind === 'file' || kind === 'kept'
  const canJudge = labels.value.length > 0 && hasPlace.value
  return (
    <section class="card" aria-label="Words">
      <form
        class="words"
        onSubmit={(event) => {
          event.preventDefault()
          if (canJudge) void judgeAgain()
        }}
      >
        <label>
          Words, one a line
          <textarea
            rows={6}
            value={text.value}
            onInput={({ currentTarget }) => {
              text.value = currentTarget.value
            }}
          />
        </label>
        <label>
          In the sentence
          <input
            type="text"
            value={template.value}
            aria-invalid={!hasPlace.value}
            aria-describedby="sentence"
            onInput={({ currentTarget }) => {
              template.value = currentTarget.value
            }}
          />
        </label>
        <p class="note" id="sentence">
          {hasPlace.value ? 'A word stands for {}.' : 'Write {} where a word goes.'}
        </p>
        <div class="actions">
          <button type="submit" class="primary" disabled={!canJudge}>
            Rank them
          </button>
          {isAlone && (
            <button type="button" onClick={() => input.current?.click()}>
              {vocabulary.value ? `Vocabulary: ${vocabulary.value.name}` : 'Add its vocabulary'}
            </button>
          )}
        </div>
        <input
          ref={input}
          type="file"
          accept=".txt,.model,.json,.gz"
          hidden
          aria-label="Vocabulary file"
          onChange={({ currentTarget }) => {
            const file = currentTarget.files?.[0]
            currentTarget.value = ''
            if (file) void takeVocabulary(file)
          }}
        />
      </form>
    </section>
  )
}
