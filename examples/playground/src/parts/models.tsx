import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Loaded, Source } from '../engine/types.ts'
import { bytesText } from '../format.ts'
import { kept, refreshKept, removeKept } from '../state/kept.ts'
import { model, open, openFile, opening } from '../state/model.ts'
import { Icon } from './icon.tsx'
import { Published } from './published.tsx'

const isOpen = signal(false)

export function chooseModel(): void {
  isOpen.value = true
}

/** The button that names the model, and opens the list. */
export function ModelButton() {
  const current = model.value
  return (
    <button type="button" class="model-button" aria-haspopup="dialog" onClick={chooseModel}>
      <span class="visually-hidden">Choose another model. Now: </span>
      <span class="title">{opening.value?.title ?? current?.title ?? 'Model'}</span>
      <span class="note">{opening.value ? 'loading…' : current && sizeText(current.loaded)}</span>
      <Icon name="down" />
    </button>
  )
}

/** Of a picture, as the model takes it. */
const sizeText = ({ fit, config }: Loaded) =>
  fit.fit === 'patches' ? 'any shape' : `${config.imageSize[1]} px`

/** Chooses a model: the embedded one, files of the visitor, published ones. */
export function Models() {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => {
    if (!isOpen.value) return
    dialog.current?.showModal()
    void refreshKept()
  }, [isOpen.value])

  const close = () => dialog.current?.close()
  function use(source: Source) {
    close()
    void open(source)
  }

  return (
    <dialog
      ref={dialog}
      class="models"
      aria-labelledby="models"
      onClose={() => {
        isOpen.value = false
      }}
      onClick={(event) => event.target === dialog.current && close()}
      onKeyDown={(event) => event.key === 'Escape' && close()}
    >
      {isOpen.value && (
        <div class="sheet">
          <header class="card-head">
            <h2 id="models">Models</h2>
            <button type="button" class="icon-only" aria-label="Close" onClick={close}>
              <Icon name="close" />
            </button>
          </header>
          <InUse />
          <section aria-labelledby="embedded">
            <h3 id="embedded">With this page</h3>
            <ul class="rows">
              <li>
                <div class="grow">
                  <strong>ViT-Ti/16</strong>
                  <span class="note">
                    ImageNet, 1,000 classes, 224 px · 5.7 M parameters · 6.2 MB, already here
                  </span>
                </div>
                <button type="button" onClick={() => use({ kind: 'embedded' })}>
                  Use
                  <span class="visually-hidden"> ViT-Ti/16</span>
                </button>
              </li>
            </ul>
          </section>
          <YourFiles use={use} close={close} />
          <Published use={use} />
        </div>
      )}
    </dialog>
  )
}

/** The model that answers now. */
function InUse() {
  const current = model.value
  if (!current) return null
  const { config, patchSize, notices, backend, threads, fit } = current.loaded
  const { depth, width, imageSize, classes } = config
  const facts = [
    ['Layers', 'heads' in config ? `${depth}, of ${config.heads} heads each` : depth],
    ['Width', width],
    [
      'Picture',
      `${fit.fit === 'patches' ? 'any shape' : `${imageSize[1]} × ${imageSize[0]} px`}, in patches of ${patchSize[1]} × ${patchSize[0]}`,
    ],
    ['Classes', classes === 0 ? 'none' : classes.toLocaleString('en')],
    ['Computed by', `${backend}, ${threads.count} ${threads.count === 1 ? 'thread' : 'threads'}`],
  ]
  return (
    <section aria-labelledby="in-use">
      <h3 id="in-use">In use: {current.title}</h3>
      <dl class="facts">
        {facts.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {notices.map((notice) => (
        <p key={notice} class="note">
          {notice}
        </p>
      ))}
    </section>
  )
}

interface FilesProps {
  readonly use: (source: Source) => void
  readonly close: () => void
}

function YourFiles({ use, close }: FilesProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <section aria-labelledby="files">
      <h3 id="files">Your files</h3>
      <ul class="rows">
        {kept.value.map((file) => (
          <li key={file.id}>
            <div class="grow">
              <strong>{file.name}</strong>
              <span class="note">{bytesText(file.bytes)}, kept in this browser</span>
            </div>
            <button
              type="button"
              class="icon-only"
              aria-label={`Delete ${file.name}`}
              onClick={() => removeKept(file)}
            >
              <Icon name="remove" />
            </button>
            <button type="button" onClick={() => use({ kind: 'kept', id: file.id })}>
              Use
              <span class="visually-hidden"> {file.name}</span>
            </button>
          </li>
        ))}
        <li>
          <div class="grow">
            <span class="note">
              A ViT or a relative of it as .safetensors or .npz. It stays on this device.
            </span>
          </div>
          <button type="button" onClick={() => input.current?.click()}>
            <Icon name="add" /> Add file
          </button>
          <input
            ref={input}
            type="file"
            accept=".safetensors,.npz"
            hidden
            aria-label="Checkpoint file"
            onChange={({ currentTarget }) => {
              const file = currentTarget.files?.[0]
              currentTarget.value = ''
              if (!file) return
              close()
              void openFile(file)
            }}
          />
        </li>
      </ul>
    </section>
  )
}
