import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { packTar } from 'modern-tar'
import { encodePNG } from '../../../src/image/encode.ts'
import type { Split } from '../../../src/train/data/dataset.ts'
import { random } from '../../random.ts'

/** Bytes as a `Blob` takes them. */
export type Bytes = Uint8Array<ArrayBuffer>

/** A PNG of noise. */
export async function noisePNG(seed: number, width = 6, height = 5): Promise<Bytes> {
  const next = random(seed)
  const data = Uint8Array.from({ length: width * height * 3 }, () => next() * 256)
  return Uint8Array.from(await encodePNG({ width, height, data }))
}

export type Contents = Readonly<Record<string, Bytes | string>>

const bytesOf = (content: Bytes | string): Bytes =>
  typeof content === 'string' ? Uint8Array.from(new TextEncoder().encode(content)) : content

/** Files by their paths, in a folder for the time of a test. */
export async function withFolder(
  files: Contents,
  use: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-data-'))
  try {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), bytesOf(content))
    }
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The same as a page gets them from a folder that is chosen. */
export const asFiles = (files: Contents): File[] =>
  Object.entries(files).map(([path, content]) => {
    const file = new File([bytesOf(content)], path.slice(path.lastIndexOf('/') + 1))
    Object.defineProperty(file, 'webkitRelativePath', { value: `chosen/${path}` })
    return file
  })

export const tarOf = (files: Contents): Promise<Bytes> =>
  packTar(
    Object.entries(files).map(([name, content]) => {
      const body = bytesOf(content)
      return { header: { name, size: body.length, type: 'file' as const }, body }
    }),
  )

export const gzip = (bytes: Bytes): Bytes => new Uint8Array(gzipSync(bytes))

/** `count` records of CIFAR with these labels and pixels that tell them apart. */
export function cifarRecords(labels: readonly (readonly number[])[]): Bytes {
  const record = labels[0]!.length + 3072
  const bytes = new Uint8Array(labels.length * record)
  for (const [i, own] of labels.entries()) {
    bytes.set(own, i * record)
    const next = random(i + 1)
    for (let k = own.length; k < record; k++) bytes[i * record + k] = next() * 256
  }
  return bytes
}

export const labelsOf = (split: Split): number[] =>
  Array.from({ length: split.size }, (_, i) => split.label(i))

export const namesOf = (split: Split): string[] =>
  Array.from({ length: split.size }, (_, i) => split.name(i))
