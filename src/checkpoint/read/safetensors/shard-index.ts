import { FormatError, LimitError, UnsupportedError } from '../../../errors.ts'
import { maxTensors } from './header.ts'
import { repeatedKey } from './json.ts'

/** Which file has which tensors, as `model.safetensors.index.json` says. */
export type ShardIndex = ReadonlyMap<string, ReadonlySet<string>>

/** Room for every tensor that is accepted. */
export const maxIndexBytes = 1 << 22
const maxShards = 1 << 8

/**
 * Parses an index: `{ "weight_map": { tensor: file } }`, with the files in the same folder.
 * @returns undefined for JSON that is no index
 * @throws FormatError, LimitError; UnsupportedError where the files are PyTorch's
 */
export function parseShardIndex(bytes: Uint8Array, file: string): ShardIndex | undefined {
  const parsed = parseMap(bytes, file)
  if (!parsed) return undefined
  const entries = Object.entries(parsed)
  if (entries.length > maxTensors) {
    throw new LimitError(`${file} lists ${entries.length} tensors; ${maxTensors} at most are read.`)
  }
  const shards = new Map<string, Set<string>>()
  for (const [tensor, shard] of entries) {
    checkName(shard, file)
    shards.set(shard, (shards.get(shard) ?? new Set()).add(tensor))
  }
  if (shards.size > maxShards) {
    throw new LimitError(`${file} lists ${shards.size} files; ${maxShards} at most are read.`)
  }
  if (shards.size === 0) throw new FormatError(`${file} is an index of no tensors.`)
  return shards
}

function parseMap(bytes: Uint8Array, file: string): Record<string, unknown> | undefined {
  let text: string
  let parsed: { weight_map?: unknown } | null
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  const map = parsed?.weight_map
  if (map === undefined) return undefined
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new FormatError(`${file} has a weight_map that does not map tensors to files.`)
  }
  const repeated = repeatedKey(text)
  if (repeated !== undefined) {
    throw new FormatError(`${file} has ${JSON.stringify(repeated.slice(0, 200))} twice.`)
  }
  return map as Record<string, unknown>
}

/** A file of the same folder, and of no other, whatever the name says. */
function checkName(shard: unknown, file: string): asserts shard is string {
  const isName =
    typeof shard === 'string' && shard.length <= 255 && /^(?!\.)[^/\\:?#\p{Cc}]+$/u.test(shard)
  if (!isName) {
    const said = JSON.stringify(shard)?.slice(0, 200)
    throw new FormatError(`${file} names ${said}, which is no file of its own folder.`)
  }
  if (/\.(bin|pth?)$/i.test(shard)) {
    throw new UnsupportedError(
      `${file} is the index of PyTorch files (${shard}), which can run code when they are loaded. Convert the model to safetensors: in Python, model.save_pretrained(folder).`,
    )
  }
}

/**
 * One file of several can't be run, and its name tells.
 * @throws UnsupportedError naming the index
 */
export function refuseShard(file: string): void {
  const [, stem, count] = /([^/\\:]*)-\d{5}-of-(\d{5})\.safetensors(?:[?#].*)?$/.exec(file) ?? []
  if (count === undefined || Number(count) < 2) return
  throw new UnsupportedError(
    `${file} is one of ${Number(count)} files that make a checkpoint together; open ${stem}.safetensors.index.json beside it, or the folder.`,
  )
}
