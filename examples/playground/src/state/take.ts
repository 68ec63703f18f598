import { announce } from './announce.ts'
import { openFile } from './model.ts'
import { addPictures } from './pictures.ts'

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
