import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { engine, mirror } from '../engine/client.ts'
import type { PublishedRow, Source } from '../engine/types.ts'
import { bytesText, millionsText } from '../format.ts'

interface Props {
  readonly use: (source: Source) => void
}

/** Published checkpoints, each with its size. Nothing is fetched before one is chosen. */
export function Published({ use }: Props) {
  const rows = useSignal<readonly PublishedRow[]>([])
  const query = useSignal('')
  useEffect(() => {
    void engine
      .then((one) => one.catalogue())
      .then((found) => {
        rows.value = found
      })
  }, [])
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean)
  const found = rows.value.filter((row) => words.every((word) => textOf(row).includes(word)))
  const isHub = query.value.trim().startsWith('hf:')
  return (
    <section aria-labelledby="published">
      <h3 id="published">Published</h3>
      <input
        type="search"
        class="search"
        placeholder="Search, or hf:org/name"
        aria-label="Search the published models, or name one of Hugging Face as hf:org/name"
        value={query.value}
        onInput={({ currentTarget }) => {
          query.value = currentTarget.value
        }}
      />
      {isHub ? (
        <FromHub name={query.value.trim()} use={use} />
      ) : (
        <ul class="rows">
          {found.map((row) => (
            <li key={row.name}>
              <div class="grow">
                <strong>{row.name}</strong>
                <span class="note">{factsOf(row)}</span>
              </div>
              <button type="button" onClick={() => use({ kind: 'published', name: row.name })}>
                {row.cached ? 'Use' : `Get ${row.bytes === undefined ? '' : bytesText(row.bytes)}`}
                <span class="visually-hidden"> {row.name}</span>
              </button>
            </li>
          ))}
          {rows.value.length > 0 && found.length === 0 && (
            <li class="note">None has these words.</li>
          )}
        </ul>
      )}
      <p class="note">
        {mirror
          ? `From ${mirror}.`
          : 'From Google’s bucket and Hugging Face. Where a server does not allow other pages, name a mirror in the address: ?hub=URL.'}
      </p>
    </section>
  )
}

/** One of Hugging Face, whose size is asked for first. */
function FromHub({ name, use }: Props & { name: string }) {
  const size = useSignal<{ of: string; text: string; found: boolean } | undefined>(undefined)
  const isAsked = size.value?.of === name

  async function ask() {
    size.value = { of: name, text: 'Asking…', found: false }
    const said = await engine
      .then((one) => one.sizeOnHub(name))
      .then(
        (bytes) => ({
          text: bytes === undefined ? 'of unknown size' : bytesText(bytes),
          found: true,
        }),
        (error: Error) => ({ text: error.message, found: false }),
      )
    if (size.value?.of === name) size.value = { of: name, ...said }
  }

  return (
    <ul class="rows">
      <li>
        <div class="grow">
          <strong>{name}</strong>
          <span class="note" role="status">
            {isAsked ? size.value?.text : 'On Hugging Face'}
          </span>
        </div>
        {isAsked && size.value?.found ? (
          <button type="button" onClick={() => use({ kind: 'published', name })}>
            Get {size.value.text}
          </button>
        ) : (
          <button type="button" onClick={ask}>
            How large?
          </button>
        )}
      </li>
    </ul>
  )
}

const textOf = ({ name, variant, dataset, resolution }: PublishedRow) =>
  `${name} ${variant} ${dataset} ${resolution}px`.toLowerCase()

function factsOf({ dataset, resolution, parameters, top1, cached }: PublishedRow): string {
  return [
    { imagenet2012: 'ImageNet', imagenet21k: 'ImageNet-21k' }[dataset] ?? dataset,
    `${resolution} px`,
    parameters !== undefined && `${millionsText(parameters)} parameters`,
    top1 !== undefined && `top-1 ${top1.toFixed(1)} %`,
    cached && 'on this device',
  ]
    .filter(Boolean)
    .join(' · ')
}
