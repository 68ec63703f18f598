import type { LessonPicture } from '../../engine/types.ts'

/** A file, and the folder that it lay in, if that is known. */
interface Found {
  readonly file: File
  readonly folder: string | undefined
  readonly path: string
}

/** The same picture chosen twice is one. */
const lesson = ({ file, path }: Found, label: string): LessonPicture => ({
  id: `${label}/${path} ${file.size}`,
  label,
  picture: file,
})

/** Pictures for one class, whatever folder they lie in. */
export const picturesFor = (label: string, found: readonly Found[]): LessonPicture[] =>
  found.filter(isPicture).map((one) => lesson(one, label))

/** Pictures whose classes are the names of their folders. @param label for those that lie in none */
export const picturesByFolder = (found: readonly Found[], label: string): LessonPicture[] =>
  found.filter(isPicture).map((one) => lesson(one, one.folder ?? label))

/** Files that were chosen, alone or with their folder. */
export const chosenFiles = (files: Iterable<File>): Found[] =>
  [...files].map((file) => found(file, file.webkitRelativePath || file.name))

/** All files that were dropped, also those in folders. The entries have to be asked for before anything is awaited. */
export async function droppedFiles(data: DataTransfer): Promise<Found[]> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.())
  if (entries.every((entry) => !entry)) return chosenFiles(data.files)
  const all = await Promise.all(entries.map((entry) => (entry ? filesIn(entry) : [])))
  return all.flat()
}

async function filesIn(entry: FileSystemEntry): Promise<Found[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    )
    return [found(file, entry.fullPath.replace(/^\//, ''))]
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const all: Found[] = []
  // A reader gives a hundred entries or so at a time, and at last none.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (some.length === 0) return all
    all.push(...(await Promise.all(some.map(filesIn))).flat())
  }
}

const found = (file: File, path: string): Found => ({
  file,
  path,
  folder: path.split('/').at(-2),
})

const isPicture = ({ file }: Found) => file.type.startsWith('image/') && !file.name.startsWith('.')
