import { computed, signal } from '@preact/signals'
import chelsea from '../../../chelsea.png?url'
import coffee from '../../../coffee.png?url'
import hopper from '../../../grace_hopper.jpg?url'
import rocket from '../../../rocket.jpg?url'

export interface Shown {
  readonly id: number
  readonly name: string
  readonly url: string
  /** Of the visitor, who can remove it. */
  readonly own: boolean
  readonly blob: () => Promise<Blob>
}

let count = 0

const example = (name: string, url: string): Shown => ({
  ...{ id: count++, name, url, own: false },
  blob: async () => (await fetch(url)).blob(),
})

export const pictures = signal<readonly Shown[]>([
  example('chelsea.png', chelsea),
  example('coffee.png', coffee),
  example('grace_hopper.jpg', hopper),
  example('rocket.jpg', rocket),
])

const chosenId = signal(0)

export const chosen = computed(
  () => pictures.value.find(({ id }) => id === chosenId.value) ?? pictures.value[0]!,
)

export function choose({ id }: Shown): void {
  chosenId.value = id
}

/** Adds pictures, and shows the first of them. */
export function addPictures(files: readonly Blob[]): void {
  const added = files.map((blob, i): Shown => {
    const name = blob instanceof File && blob.name ? blob.name : `picture ${count + i}`
    return { id: count++, name, url: URL.createObjectURL(blob), own: true, blob: async () => blob }
  })
  if (!added[0]) return
  pictures.value = [...added, ...pictures.value]
  choose(added[0])
}

export function removePicture(picture: Shown): void {
  pictures.value = pictures.value.filter(({ id }) => id !== picture.id)
  URL.revokeObjectURL(picture.url)
}
