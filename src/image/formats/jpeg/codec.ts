import { platform } from '#platform'
import { FormatError, MemoryError, SourceError, UnsupportedError } from '../../../errors.ts'
import { wasmModule } from '../../../inlined/wasm-files.ts'

/** The exports of codecs/jpeg/shim.c. */
interface Exports {
  readonly memory: WebAssembly.Memory
  begin(): number
  width(): number
  height(): number
  scan(): number
  start(): void
  rows(): number
  pixels(): number
  finish(): void
}

/**
 * Wasm memory never shrinks, so an instance that needed more than this is dropped. Where memory is short none is:
 * engines collect dropped instances late, and the next large picture would need a new one meanwhile.
 */
const KEEP_BELOW = (platform.decodingBytes ?? 0) + 16 * 2 ** 20

/** The kinds of failure of the shim. */
const ERRORS = [FormatError, MemoryError, UnsupportedError] as const

let compiled: Promise<WebAssembly.Module> | undefined
let spare: JPEGCodec | undefined

async function compile(): Promise<WebAssembly.Module> {
  try {
    return await wasmModule('jpeg')
  } catch (cause) {
    compiled = undefined
    if (cause instanceof UnsupportedError) throw cause
    throw new SourceError(`Can't load the JPEG decoder: ${(cause as Error).message}`, { cause })
  }
}

/**
 * Provides a decoder for one image; several may be in use at once. A failed decoder is not reused.
 */
export async function withCodec<T>(work: (codec: JPEGCodec) => Promise<T>): Promise<T> {
  compiled ??= compile()
  const module = await compiled
  const codec = spare ?? new JPEGCodec(module)
  spare = undefined
  const result = await work(codec)
  if (codec.bytes <= KEEP_BELOW) spare = codec
  return result
}

/** libjpeg-turbo, for one file at a time. Every call may throw, and takes milliseconds. */
export class JPEGCodec {
  readonly #exports: Exports
  #file: Uint8Array = new Uint8Array(0)
  #at = 0

  constructor(module: WebAssembly.Module) {
    const host = {
      read: (to: number, length: number) => this.#read(to, length),
      fail: (kind: number, template: number, parameters: number) => {
        throw new ERRORS[kind]!(describe(kind, this.#message(template, parameters)))
      },
    }
    this.#exports = new WebAssembly.Instance(module, { host }).exports as unknown as Exports
  }

  /** Its memory in bytes. */
  get bytes(): number {
    return this.#exports.memory.buffer.byteLength
  }

  /** Reads up to the first scan. */
  begin(file: Uint8Array): { width: number; height: number; hasScans: boolean } {
    this.#file = file
    this.#at = 0
    const hasScans = this.#call('begin') === 1
    return { width: this.#call('width'), height: this.#call('height'), hasScans }
  }

  /** For a file of several scans: decodes a row of blocks into the coefficients; false after the last. */
  scan(): boolean {
    return this.#call('scan') === 1
  }

  start(): void {
    this.#call('start')
  }

  /** The next RGB rows, valid until the next call; undefined at the end. */
  rows(width: number): Uint8Array | undefined {
    const count = this.#call('rows')
    if (count === 0) return undefined
    return new Uint8Array(this.#exports.memory.buffer, this.#call('pixels'), count * width * 3)
  }

  finish(): void {
    this.#call('finish')
    this.#file = new Uint8Array(0)
  }

  #call(name: Exclude<keyof Exports, 'memory'>): number {
    try {
      return this.#exports[name]() as number
    } catch (cause) {
      if (!(cause instanceof WebAssembly.RuntimeError)) throw cause
      throw new FormatError(describe(0, `the decoder gave up (${cause.message})`), { cause })
    }
  }

  #read(to: number, most: number): number {
    const part = this.#file.subarray(this.#at, this.#at + most)
    new Uint8Array(this.#exports.memory.buffer).set(part, to)
    this.#at += part.length
    return part.length
  }

  /** Formats libjpeg's message: a printf template with numbers or a text. */
  #message(template: number, parameters: number): string {
    const { buffer } = this.#exports.memory
    const numbers = new Int32Array(buffer, parameters, 8).values()
    return this.#text(template).replace(/%0?(\d*)l?([sducx])/g, (_, digits, kind) => {
      if (kind === 's') return this.#text(parameters)
      const value = numbers.next().value ?? 0
      if (kind === 'c') return String.fromCharCode(value)
      return value.toString(kind === 'x' ? 16 : 10).padStart(Number(digits), '0')
    })
  }

  #text(at: number): string {
    const bytes = new Uint8Array(this.#exports.memory.buffer, at)
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)))
  }
}

function describe(kind: number, detail: string): string {
  if (kind === 1) return `There is not enough memory to decode this JPEG file: ${detail}.`
  if (kind === 2) return `This kind of JPEG file is not read: ${detail}.`
  return `This JPEG file is damaged: ${detail}.`
}
