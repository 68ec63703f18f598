import { signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { take } from '../state/take.ts'
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
