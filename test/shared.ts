import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'

/** Real weights, photographs and reference results live beside the project, and a clone may lack them. */
const root = new URL('../../shared/', import.meta.url)

export const hasShared = existsSync(root)

export function sharedPath(path: string): string {
  return fileURLToPath(new URL(path, root))
}

export function sharedBytes(path: string): Uint8Array {
  return readFileSync(new URL(path, root))
}

export function sharedJSON<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8')) as T
}

function aligned(path: string): ArrayBuffer {
  const bytes = readFileSync(new URL(path, root))
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
}

export const sharedF32 = (path: string) => new Float32Array(aligned(path))
export const sharedI32 = (path: string) => new Int32Array(aligned(path))
export const sharedF64 = (path: string) => new Float64Array(aligned(path))

let reasonPrinted = false

/** A test that needs the data beside the project; skipped, with the reason printed once, without it. */
export function sharedTest(name: string, run: () => void | Promise<void>): void {
  if (hasShared) return void test(name, run)
  if (!reasonPrinted) console.log(`skipping tests on real data: ${fileURLToPath(root)} is not here`)
  reasonPrinted = true
  test.skip(name, run)
}
