import { useRef } from 'preact/hooks'
import { camera, hasCamera, startCamera, stopCamera, takePicture } from '../state/camera.ts'
import { addPictures, choose, chosen, pictures, removePicture } from '../state/pictures.ts'
import { Icon } from './icon.tsx'

/** All pictures, to choose from, and the ways to add some. */
export function Strip() {
  const input = useRef<HTMLInputElement>(null)
  if (camera.value) {
    return (
      <div class="strip">
        <button type="button" class="primary" onClick={takePicture}>
          Take picture
        </button>
        <button type="button" onClick={stopCamera}>
          Stop camera
        </button>
      </div>
    )
  }
  return (
    <div class="strip">
      <div class="thumbnails" role="radiogroup" aria-label="Pictures">
        {pictures.value.map((picture) => (
          <label key={picture.id} class="thumbnail">
            <input
              type="radio"
              name="picture"
              checked={picture === chosen.value}
              onChange={() => choose(picture)}
            />
            <img src={picture.url} alt={picture.name} />
          </label>
        ))}
      </div>
      <div class="actions">
        <button type="button" onClick={() => input.current?.click()}>
          <Icon name="add" /> Add pictures
        </button>
        <input
          ref={input}
          type="file"
          accept="image/*"
          multiple
          hidden
          aria-label="Picture files"
          onChange={({ currentTarget }) => {
            addPictures([...(currentTarget.files ?? [])])
            currentTarget.value = ''
          }}
        />
        {hasCamera && (
          <button type="button" onClick={startCamera}>
            <Icon name="camera" /> Camera
          </button>
        )}
        {chosen.value.own && (
          <button type="button" class="quiet" onClick={() => removePicture(chosen.value)}>
            Remove
          </button>
        )}
        <span class="hint">or drop, or paste</span>
      </div>
    </div>
  )
}
