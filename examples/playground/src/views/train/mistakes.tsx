import type { Lesson } from '../../engine/types.ts'
import { percentText } from '../../format.ts'
import { classes, lesson } from './state.ts'

/** So many classes fit into a table. */
const most = 12

/** What it gets wrong: of the pictures that were held out. */
export function Mistakes() {
  const last = lesson.value
  if (!last || last.pictures === 0) return null
  return (
    <div class="lessons">
      <section class="card" aria-labelledby="mistakes">
        <h3 id="mistakes">The most wrong pictures</h3>
        {last.mistakes.length === 0 && <p class="note">None of those held out is wrong.</p>}
        <ul class="mistakes">
          {last.mistakes.map((one) => (
            <Mistake key={one.id} of={one} labels={last.labels} />
          ))}
        </ul>
      </section>
      {last.labels.length <= most && <Confusion of={last} />}
    </div>
  )
}

function Mistake({
  of: { id, label, predicted, probability },
  labels,
}: {
  of: Lesson['mistakes'][number]
  labels: readonly string[]
}) {
  const all = classes.value.flatMap(({ pictures }) => pictures)
  const url = all.find((one) => one.id === id)?.url
  return (
    <li>
      {url && <img src={url} alt="" />}
      <span>
        <strong>{labels[label]}</strong>
        <span class="note">
          taken for {labels[predicted]}, {percentText(probability)}
        </span>
      </span>
    </li>
  )
}

function Confusion({ of: { labels, confusion } }: { of: Lesson }) {
  return (
    <section class="card" aria-labelledby="confusion">
      <h3 id="confusion">What it takes them for</h3>
      <div class="wide">
        <table class="confusion">
          <thead>
            <tr>
              <th scope="col">
                <span class="note">is ↓ taken for →</span>
              </th>
              {labels.map((label) => (
                <th key={label} scope="col">
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {confusion.map((row, i) => (
              <tr key={labels[i]}>
                <th scope="row">{labels[i]}</th>
                {row.map((count, j) => (
                  <td key={labels[j]} class={i === j ? 'right' : count > 0 ? 'wrong' : ''}>
                    {count}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}
