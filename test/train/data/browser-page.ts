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

const page = { draw }
export type Page = typeof page

Object.assign(globalThis, { page })
