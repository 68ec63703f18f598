import { openDataset } from '../../../src/train/data/open.ts'
import { checksums } from './checksums.ts'

/**
 * @param contents bytes in base64, by paths below a folder that is chosen
 * @param workers how many decode
 */
async function draw(
  contents: Readonly<Record<string, string>>,
  workers: number,
): Promise<string[]> {
  const files = Object.entries(contents).map(([path, base64]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
    const file = new File([bytes], path.slice(path.lastIndexOf('/') + 1))
    Object.defineProperty(file, 'webkitRelativePath', { value: `chosen/${path}` })
    return file
  })
  return checksums(await openDataset(files, { validation: 0 }), workers)
}

/** The same from a folder in the origin's file system, whose handle was sent through a channel, as to a worker. */
async function drawFolder(contents: Readonly<Record<string, string>>): Promise<string[]> {
  const root = await navigator.storage.getDirectory()
  await root.removeEntry('pictures', { recursive: true }).catch(() => {})
  const folder = await root.getDirectoryHandle('pictures', { create: true })
  for (const [path, base64] of Object.entries(contents)) {
    const parts = path.split('/')
    let inside = folder
    for (const part of parts.slice(0, -1)) {
      inside = await inside.getDirectoryHandle(part, { create: true })
    }
    const file = await inside.getFileHandle(parts.at(-1)!, { create: true })
    const writable = await file.createWritable()
    await writable.write(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)))
    await writable.close()
  }
  const { port1, port2 } = new MessageChannel()
  const sent = new Promise<FileSystemDirectoryHandle>((resolve) => {
    port2.onmessage = ({ data }) => resolve(data)
  })
  port1.postMessage(folder)
  return checksums(await openDataset(await sent, { validation: 0 }), 0)
}

const page = { draw, drawFolder }
export type Page = typeof page

Object.assign(globalThis, { page })
