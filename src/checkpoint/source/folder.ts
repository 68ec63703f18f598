import { platform } from '#platform'
import { SourceError } from '../../errors.ts'
import { pathOfFileUrl } from '../../platform/locator.ts'
import type { CheckpointInput } from '../checkpoint.ts'

const weights = 'model.safetensors'
const index = 'model.safetensors.index.json'

/** What a folder of `vitrine train` has. */
const log = 'train.jsonl'
const bestSoFar = 'best.safetensors'

/** Files of which one sees that their folder is a model's. */
const signs =
  /\.(safetensors|npz|bin|pth?|ckpt|h5|msgpack|onnx|index\.json)$|^(config\.json|train\.jsonl)$/

/** The path that a checkpoint is given as; undefined where it is given as anything else. */
function pathOf(input: CheckpointInput): string | undefined {
  if (input instanceof URL) return input.protocol === 'file:' ? pathOfFileUrl(input) : undefined
  if (typeof input !== 'string' || input === '') return undefined
  if (/^file:/i.test(input)) return URL.canParse(input) ? pathOfFileUrl(new URL(input)) : undefined
  return /^(blob|data):|^[a-z][a-z0-9+.-]+:\/\//i.test(input) ? undefined : input
}

/** Is this the path of a folder that has a model in it, or can be nothing but a folder? */
export async function isModelFolder(input: CheckpointInput): Promise<boolean> {
  const path = pathOf(input)
  const names = path === undefined ? undefined : await platform.filesIn(path)
  if (!names) return false
  return /[\\/]|^\.+$/.test(path!) || names.some((name) => signs.test(name))
}

/**
 * The file with the weights in a folder: `model.safetensors`, or the index of its parts, else the only
 * `.safetensors` or `.npz`.
 * @returns undefined for whatever is no path of a folder
 * @throws SourceError where there are several such files, or none, naming what there is
 */
export async function findInFolder(input: CheckpointInput): Promise<string | undefined> {
  const folder = pathOf(input)
  const names = folder === undefined ? undefined : await platform.filesIn(folder)
  if (folder === undefined || !names) return undefined
  const inside = (name: string) => platform.siblingPath(`${folder}/.`, name)
  if (names.includes(weights)) return inside(weights)
  if (names.includes(index)) return inside(index)
  if (names.includes(log)) throw unfinished(folder, names)
  const candidates = names.filter((name) => /\.(safetensors|npz)$/i.test(name)).sort()
  if (candidates.length === 1) return inside(candidates[0]!)
  if (candidates.length > 1) {
    throw new SourceError(
      `${folder} has several files with weights; name one of them: ${shortened(candidates)}.`,
    )
  }
  const pickled = names.find((name) => /\.(bin|pth?|ckpt)$/i.test(name))
  if (pickled !== undefined) {
    const { torchAdvice } = await import('../read/torch.ts')
    throw new SourceError(
      `${folder} has no .safetensors and no .npz, but ${pickled}, a PyTorch file. ${torchAdvice(inside(pickled), 'zip')}`,
    )
  }
  const others = names.length > 0 ? `, only ${shortened([...names].sort())}` : '; it has no files'
  throw new SourceError(`${folder} has no .safetensors and no .npz${others}.`)
}

/** A folder of `vitrine train` before its model was written. */
const unfinished = (folder: string, names: readonly string[]) =>
  new SourceError(
    `${folder} is of a training that has not finished: its command goes on${names.includes(bestSoFar) ? `, and ${bestSoFar} is the best model so far` : ''}.`,
  )

const shortened = (names: readonly string[]) =>
  names.length > 8 ? `${names.slice(0, 8).join(', ')}, …` : names.join(', ')
