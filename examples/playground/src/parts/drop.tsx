import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { announce } from '../state/announce.ts'
import { openFile } from '../state/model.ts'
import { addPictures } from '../state/pictures.ts'
import { view } from '../views/route.ts'

const isOver = signal(false)

/** Takes files that are dropped anywhere on the page, and pictures that are pasted. */
export function Drop() {
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      isOver.value = true
    }
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) isOver.value = false
    }
    const drop = (event: DragEvent) => {
      event.preventDefault()
      isOver.value = false
      if (event.dataTransfer) give(event.dataTransfer, event.target)
    }
    const paste = (event: ClipboardEvent) => {
      if (event.clipboardData?.files.length) give(event.clipboardData, event.target)
    }
    addEventListener('dragover', over)
    addEventListener('dragleave', leave)
    addEventListener('drop', drop)
    addEventListener('paste', paste)
    return () => {
      removeEventListener('dragover', over)
      removeEventListener('dragleave', leave)
      removeEventListener('drop', drop)
      removeEventListener('paste', paste)
    }
  }, [])
  if (!isOver.value) return null
  return (
    <div class="drop" aria-hidden="true">
      {view.value.drop ? (
        <p>{view.value.drop.invitation}</p>
      ) : (
        <p>
          Drop pictures, or a checkpoint
          <small>.safetensors, .npz</small>
        </p>
      )}
    </div>
  )
}

/** The view takes what it wants to, with where it was dropped. */
function give(data: DataTransfer, target: EventTarget | null): void {
  const { drop } = view.peek()
  if (drop) drop.take(data, target)
  else take([...data.files])
}

/** Sorts what was dropped: pictures, and a checkpoint. What is neither is tried as a checkpoint, which says why it is none. */
export function take(files: readonly File[]): void {
  const images = files.filter(({ type }) => type.startsWith('image/'))
  const [checkpoint] = files.filter((file) => !images.includes(file))
  if (images.length > 0) {
    addPictures(images)
    announce(images.length === 1 ? 'A picture was added.' : `${images.length} pictures were added.`)
  }
  if (checkpoint) void openFile(checkpoint)
}
