import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../../parts/icon.tsx'
import { Video } from '../../parts/video.tsx'
import { camera, hasCamera, startCamera, stopCamera } from '../../state/camera.ts'
import { chosenFiles, picturesByFolder, picturesFor } from './files.ts'
import {
  addClass,
  type Class,
  classes,
  failures,
  freeLabel,
  learn,
  removeClass,
  removePicture,
  takePicture,
  task,
} from './state.ts'

/** So many thumbnails of a class are shown. */
const most = 24

/** The classes, and the ways to add some. */
export function Classes() {
  return (
    <section class="classes" aria-label="Classes">
      {classes.value.map((one) => (
        <ClassCard key={one.label} of={one} />
      ))}
      <NewClass />
      {hasCamera && classes.value.length > 0 && <Camera />}
      <Failures />
    </section>
  )
}

function Camera() {
  const stream = camera.value
  useEffect(() => () => void (camera.peek() && stopCamera()), [])
  return (
    <section class="card class-card" aria-label="Camera">
      <h3>Camera</h3>
      {stream && <Video stream={stream} />}
      <p class="note">Its pictures are of the class whose button you press.</p>
      <div class="actions">
        <button type="button" onClick={stream ? stopCamera : startCamera}>
          <Icon name="camera" /> {stream ? 'Turn it off' : 'Turn it on'}
        </button>
      </div>
    </section>
  )
}

function ClassCard({ of: { label, pictures } }: { of: Class }) {
  const isBusy = task.value !== undefined
  return (
    <section class="card class-card" data-class={label} aria-label={`Class ${label}`}>
      <div class="card-head">
        <h3>{label}</h3>
        <span class="note">{countText(pictures.length)}</span>
      </div>
      <ul class="samples">
        {pictures.slice(-most).map(({ id, url }) => (
          <li key={id}>
            <button
              type="button"
              aria-label={`Remove a picture of ${label}`}
              disabled={isBusy}
              onClick={() => removePicture(id)}
            >
              <img src={url} alt="" />
              <Icon name="close" />
            </button>
          </li>
        ))}
        {pictures.length > most && <li class="note">and {pictures.length - most} more</li>}
        {pictures.length === 0 && <li class="note">Drop pictures here.</li>}
      </ul>
      <div class="actions">
        <Files
          label={`Pictures of ${label}`}
          onFiles={(files) => learn(picturesFor(label, chosenFiles(files)))}
        >
          <Icon name="add" /> Add pictures
        </Files>
        {camera.value && (
          <button type="button" disabled={isBusy} onClick={() => takePicture(label)}>
            <Icon name="camera" /> Take picture
            <span class="visually-hidden"> of {label}</span>
          </button>
        )}
        <button
          type="button"
          class="quiet"
          disabled={isBusy}
          aria-label={`Remove the class ${label}`}
          onClick={() => removeClass(label)}
        >
          Remove
        </button>
      </div>
    </section>
  )
}

function NewClass() {
  const name = useSignal('')
  return (
    <section class="card class-card" aria-label="New class">
      <h3>New class</h3>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          const label = name.value.trim()
          if (label) addClass(label)
          name.value = ''
        }}
      >
        <input
          class="search"
          aria-label="Name of a new class"
          placeholder="Name, such as my cat"
          value={name.value}
          onInput={({ currentTarget }) => {
            name.value = currentTarget.value
          }}
        />
        <button type="submit">Add class</button>
      </form>
      <p class="note">Or all at once, from a folder that has a folder for each class:</p>
      <div class="actions">
        <Files
          label="Folder of folders"
          isFolder
          onFiles={(files) => learn(picturesByFolder(chosenFiles(files), freeLabel()))}
        >
          <Icon name="add" /> Add folders
        </Files>
      </div>
    </section>
  )
}

interface FilesProps {
  readonly label: string
  readonly isFolder?: boolean
  readonly onFiles: (files: readonly File[]) => void
  readonly children: preact.ComponentChildren
}

function Files({ label, isFolder = false, onFiles, children }: FilesProps) {
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <button
        type="button"
        disabled={task.value !== undefined}
        onClick={() => input.current?.click()}
      >
        {children}
      </button>
      <input
        ref={input}
        type="file"
        accept="image/*"
        multiple
        hidden
        aria-label={label}
        {...(isFolder && { webkitdirectory: true })}
        onChange={({ currentTarget }) => {
          onFiles([...(currentTarget.files ?? [])])
          currentTarget.value = ''
        }}
      />
    </>
  )
}

function Failures() {
  if (failures.value.length === 0) return null
  return (
    <details class="card">
      <summary>{countText(failures.value.length)} could not be read</summary>
      <ul class="note">
        {failures.value.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </details>
  )
}

const countText = (count: number) => (count === 1 ? '1 picture' : `${count} pictures`)
