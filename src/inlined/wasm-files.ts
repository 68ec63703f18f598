import { wasmTable } from '#wasm'
import { UnsupportedError } from '../errors.ts'
import { unpack } from './unpack.ts'
import type { WasmName } from './wasm-names.ts'

/** WebAssembly files by name, compiled or as bytes. */
export type WasmFiles = {
  readonly [Name in WasmName]?: WebAssembly.Module | ArrayBuffer | Uint8Array | undefined
}

/** They serve every model of the process, as the package's own do. */
export const provided: WasmFiles = {}

/**
 * A WebAssembly file: the provided one, or the package's own.
 * @throws UnsupportedError for a file that this build of the package does not have
 */
export async function wasmFile(name: WasmName): Promise<WebAssembly.Module | Uint8Array> {
  const own = provided[name]
  if (own) return own instanceof ArrayBuffer ? new Uint8Array(own) : own
  const found = await wasmTable[name]?.()
  if (!found) {
    throw new UnsupportedError(
      `This build of vitrine does not contain ${name}.wasm; pass it to provideWasm, or import 'vitrine' in Node or a browser.`,
    )
  }
  return 'default' in found ? unpack(found.default) : found
}

/** The same, compiled. */
export async function wasmModule(name: WasmName): Promise<WebAssembly.Module> {
  const file = await wasmFile(name)
  return file instanceof Uint8Array ? WebAssembly.compile(file as BufferSource) : file
}
