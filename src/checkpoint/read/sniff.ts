import { beginsSafetensors } from './safetensors/header.ts'
import { pickleAdvice, torchAdvice, torchKind } from './torch.ts'

/** What the first bytes of a file say it is. */
export type Sniffed = 'npz' | 'safetensors' | 'json' | Stranger

/** A file of another format: what it looks like, and what to do, given the name of the file. */
export interface Stranger {
  readonly looksLike: string
  readonly advice: string | ((file: string) => string)
}

/** Enough bytes for every signature below. */
export const sniffBytes = 64

/** Enough bytes for the first header of a zip archive, with a name of 255 bytes. */
export const sniffZipBytes = 320

const toSafetensors = 'convert it to safetensors'

interface Signature extends Stranger {
  /** Matches the first bytes in hexadecimal, or as Latin-1 text. */
  readonly hex?: RegExp
  readonly text?: RegExp
}

/** Tested in this order. */
const signatures: readonly Signature[] = [
  { hex: /^$/, looksLike: 'empty', advice: 'download it again' },
  {
    text: /^\s*<(!doctype|html|\?xml)/i,
    looksLike: 'a web page, perhaps of an error or a login',
    advice: 'check the URL',
  },
  {
    text: /^version https:\/\/git-lfs/,
    looksLike: 'a git-lfs pointer, not the file it points to',
    advice: 'run git lfs pull, or download the file itself',
  },
  { hex: /^894844460d0a/, looksLike: 'an HDF5 file (Keras .h5)', advice: toSafetensors },
  {
    // The magic number of torch.save before PyTorch 1.6, itself pickled.
    hex: /^80028a0a6cfc9c46f9/,
    looksLike: 'a PyTorch file (an old one, a Python pickle)',
    advice: (file) => torchAdvice(file, 'pickle'),
  },
  { hex: /^800[2-5]/, looksLike: 'a Python pickle', advice: pickleAdvice },
  { hex: /^934e554d5059/, looksLike: 'a single .npy array', advice: 'save all arrays as .npz' },
  { text: /^GGUF/, looksLike: 'a GGUF file', advice: toSafetensors },
  { text: /^.{4}TFL3/s, looksLike: 'a TensorFlow Lite model', advice: toSafetensors },
  { hex: /^1f8b/, looksLike: 'gzip-compressed', advice: 'decompress it first' },
  {
    // A map whose first key is a string.
    hex: /^(8[1-f]|de....|df........)([ab].|d9..)/,
    looksLike: 'msgpack (a flax checkpoint)',
    advice: 'save the parameters as .npz or safetensors',
  },
  {
    // The version of the format, then the producer or another field of the model.
    hex: /^08[01].(12|1a|22|32|3a)/,
    looksLike: 'an ONNX model',
    advice: 'use the safetensors file that it was exported from',
  },
]

/** JSON that is no index of weights in several files. */
export const plainJSON: Stranger = {
  looksLike: 'JSON (such as a config, without weights)',
  advice: 'open the file with the weights',
}

/** @param bytes the first {@link sniffBytes} bytes, or all there are */
export function sniff(bytes: Uint8Array): Sniffed {
  const first = [...bytes.subarray(0, sniffBytes)]
  const hex = first.map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const text = String.fromCharCode(...first)
  // The local header of a first member, or the end of an archive without members.
  if (/^504b(0304|0506)/.test(hex)) return 'npz'
  if (beginsSafetensors(bytes)) return 'safetensors'
  const known = signatures.find((row) => row.hex?.test(hex) || row.text?.test(text))
  if (known) return known
  if (/^(\xef\xbb\xbf)?\s*[[{]/.test(text)) return 'json'
  return { looksLike: 'none of the formats known here', advice: 'check where it came from' }
}

/**
 * What a zip archive is that is no npz.
 * @param bytes the first {@link sniffZipBytes} bytes, or all there are
 */
export function sniffZip(bytes: Uint8Array): Stranger | undefined {
  const kind = torchKind(bytes)
  if (kind === undefined) return undefined
  const looksLike = `a PyTorch file (${kind === 'script' ? 'TorchScript' : 'a zip with a pickle'})`
  return { looksLike, advice: (file) => torchAdvice(file, kind) }
}

/** Why a file of another format is not opened. */
export function strangerMessage({ looksLike, advice }: Stranger, file: string): string {
  const todo = typeof advice === 'string' ? `To use it, ${advice}.` : advice(file)
  return `${file} is neither safetensors nor npz: it is ${looksLike}. ${todo}`
}
