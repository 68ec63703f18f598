import { addAbortSignal } from 'node:stream'
import { LimitError, VitrineError } from '../errors.ts'
import type { ImageInput } from '../image/image.ts'
import { nameOfSource } from '../platform/locator.ts'
import type { ViT } from '../vit.ts'
import { complain, ExitCode, UsageError } from './exit.ts'
import { loadModel, type ModelFlags } from './model-options.ts'
import { writeJSON } from './output.ts'
import { progressBar } from './progress.ts'

/** The largest image that is read from stdin, in bytes; as for files. */
const MAX_BYTES = 128 * 2 ** 20

interface EachOptions {
  json: boolean
  signal: AbortSignal
}

/**
 * Does something with one image after the other. One that fails is reported, on stderr and with
 * `json` also on stdout, and does not keep the others from their turn.
 * @param names paths and URLs; `-` is stdin
 */
async function forEachImage(
  names: readonly string[],
  { json, signal }: EachOptions,
  work: (image: ImageInput, name: string) => Promise<void>,
): Promise<void> {
  // On a terminal the results themselves show how far it is.
  const bar = names.length > 1 && !process.stdout.isTTY ? await progressBar('images') : undefined
  try {
    for (const [done, name] of names.entries()) {
      bar?.update(done, names.length)
      try {
        await work(await readImage(name, signal), name)
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof VitrineError)) throw error
        await reportImage(name, error, { json, signal })
        process.exitCode = ExitCode.failure
      }
    }
  } finally {
    bar?.stop()
  }
}

/** The same with the model that the flags name, which is loaded for it and freed after it. */
export async function forEachImageWithModel(
  names: readonly string[],
  flags: ModelFlags & { json?: true },
  signal: AbortSignal,
  work: (vit: ViT, image: ImageInput, name: string) => Promise<void>,
): Promise<void> {
  checkNames(names)
  const vit = await loadModel(flags, signal)
  try {
    const each = { json: flags.json ?? false, signal }
    await forEachImage(names, each, (image, name) => work(vit, image, name))
  } finally {
    vit.dispose()
  }
}

/** Checks what can be checked before a model is loaded. */
function checkNames(names: readonly string[]): void {
  if (names.filter((name) => name === '-').length > 1) {
    throw new UsageError('The standard input can be read only once, and - is given twice.')
  }
}

/** What a name stands for: itself, or the standard input. */
export async function readImage(name: string, signal: AbortSignal): Promise<ImageInput> {
  return name === '-' ? readStdin(signal) : name
}

async function reportImage(
  name: string,
  { code, message }: VitrineError,
  { json, signal }: EachOptions,
): Promise<void> {
  const shown = nameOfSource(name)
  complain(message.includes(shown) ? message : `${shown}: ${message}`, code)
  if (json) await writeJSON({ image: name, error: { code, message } }, signal)
}

async function readStdin(signal: AbortSignal): Promise<Uint8Array> {
  if (process.stdin.isTTY) {
    throw new UsageError('- reads an image from the standard input, which is a terminal here.')
  }
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of addAbortSignal(signal, process.stdin)) {
    length += part.length
    if (length > MAX_BYTES) {
      process.stdin.destroy()
      throw new LimitError(`The standard input has more than the ${MAX_BYTES} bytes of an image.`)
    }
    parts.push(part)
  }
  return Buffer.concat(parts)
}
