import { platform } from '#platform'
import { wasmFile } from '../../../inlined/wasm-files.ts'
import type { Build } from './builds.ts'

const compiled = new Map<string, Promise<WebAssembly.Module>>()

export interface CompileOptions {
  /** Whether the module imports a shared memory. A module accepts only its own kind. */
  readonly shared?: boolean
  /** Whether V8 compiles this module with 256-bit fusion; see v8/wide.ts. */
  readonly fused?: boolean
}

/** The compiled module of a build; each is compiled once per process. */
export function compileBuild(
  build: Build,
  { shared = false, fused = false }: CompileOptions = {},
): Promise<WebAssembly.Module> {
  const name = shared ? (`${build.name}-threads` as const) : build.name
  const key = `${name} ${fused}`
  let module = compiled.get(key)
  if (!module) {
    module = wasmFile(name).then((file) => {
      if (!(file instanceof Uint8Array)) return file
      return compile(fused ? marked(file) : file)
    })
    compiled.set(key, module)
    module.catch(() => compiled.delete(key))
  }
  return module
}

/** Compiles a module, so that V8 optimises it at once where its flags can be set. */
export async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  if (!platform.v8) return WebAssembly.compile(bytes as BufferSource)
  return (await import('../v8/compile.ts')).compile(bytes)
}

/** Appends an empty custom section. V8 shares compiled code between modules of the same bytes, so the
 * fused module must differ from the plain one. */
export function marked(module: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(module.length + 3)
  bytes.set(module)
  bytes.set([0, 1, 0], module.length)
  return bytes
}
