import { FormatError, MemoryError, SourceError, UnsupportedError } from '../../errors.ts'
import { wasmModule } from '../../inlined/wasm-files.ts'
import type { WasmName } from '../../inlined/wasm-names.ts'

/** Pixels of the @jsquash decoders: RGBA, not premultiplied. */
export interface RGBAPixels {
  readonly width: number
  readonly height: number
  readonly data: Uint8ClampedArray
}

interface CodecInstance<Options extends unknown[]> {
  decode(bytes: Uint8Array, ...options: Options): RGBAPixels | null
}

/** Options of Emscripten's generated loaders. */
interface EmscriptenOptions {
  noInitialRun: boolean
  print(line: string): void
  printErr(line: string): void
  locateFile(file: string): string
  instantiateWasm(
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance) => void,
  ): WebAssembly.Exports
}

/** What the libraries return is made by the global of this name, which their loaders add in some runtimes only. */
class Pixels implements RGBAPixels {
  constructor(
    readonly data: Uint8ClampedArray,
    readonly width: number,
    readonly height: number,
  ) {}
}

/** Heaps never shrink, so an instance that decoded more bytes than this is dropped. */
const KEEP_BELOW = 64 * 2 ** 20

/**
 * Creates a decoder from a C library compiled with Emscripten. The module is compiled once, with the first image.
 * If the library exits or traps, its instance may be corrupt: it is dropped, and the next image gets a new
 * one.
 *
 * @param create the generated loader
 * @param wasm the library's WebAssembly file
 * @returns a function that returns the pixels and the library's warnings. It throws `FormatError` when the
 *   library fails.
 */
export function wasmDecoder<Options extends unknown[]>(
  create: (options: EmscriptenOptions) => Promise<CodecInstance<Options>>,
  wasm: WasmName,
) {
  let complaints: string[] = []
  let instance: Promise<CodecInstance<Options>> | undefined
  let compiled: Promise<WebAssembly.Module> | undefined

  async function instantiate(): Promise<CodecInstance<Options>> {
    try {
      compiled ??= wasmModule(wasm)
      const module = await compiled
      ;(globalThis as { ImageData?: unknown }).ImageData ??= Pixels
      const note = (line: string) => void complaints.push(line)
      return await create({
        noInitialRun: true,
        print: note,
        printErr: note,
        // Never read. Without it the loader makes a URL of its module's, which not every bundle has.
        locateFile: (file) => file,
        instantiateWasm(imports, done) {
          const { exports } = new WebAssembly.Instance(module, imports)
          done({ exports })
          return exports
        },
      })
    } catch (cause) {
      compiled = undefined
      instance = undefined
      if (cause instanceof UnsupportedError) throw cause
      throw new SourceError(`Can't load the image decoder ${wasm}: ${cause}`, { cause })
    }
  }

  return async (bytes: Uint8Array, ...options: Options) => {
    let codec: CodecInstance<Options>
    let awaited: typeof instance
    do {
      instance ??= instantiate()
      awaited = instance
      codec = await awaited
      // Another image may have broken this instance meanwhile.
    } while (awaited !== instance)
    complaints = []
    let pixels: RGBAPixels | null = null
    try {
      pixels = codec.decode(bytes, ...options)
    } catch (cause) {
      instance = undefined
      throw explain(complaints, cause)
    }
    if (!pixels) throw explain(complaints)
    if (pixels.data.length > KEEP_BELOW) instance = undefined
    return { pixels, complaints }
  }
}

function explain(complaints: readonly string[], cause?: unknown): Error {
  const detail = complaints.length > 0 ? `: ${complaints.join('; ')}` : ''
  if (/insufficient memory|out of memory|OOM/i.test(`${detail} ${cause}`)) {
    return new MemoryError(`There is not enough memory to decode this image${detail}.`, { cause })
  }
  if (/unsupported|not implemented|can't/i.test(detail)) {
    return new UnsupportedError(`The decoder does not read this kind of image${detail}.`, { cause })
  }
  return new FormatError(`The image is damaged${detail || ', the decoder gave up'}.`, { cause })
}
