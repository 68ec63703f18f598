import { ArgumentError, FormatError, SourceError } from '../../../errors.ts'
import type { CheckpointFile, OpenOptions, TensorInfo } from '../../checkpoint.ts'
import type { Neighbours } from '../../source/neighbours.ts'
import { readBeginning } from '../../source/source.ts'
import { tensorBytes } from '../dtype.ts'
import { sniff, sniffBytes, strangerMessage } from '../sniff.ts'
import { openSafetensors, type SafetensorsFile } from './read.ts'
import type { ShardIndex } from './shard-index.ts'

/**
 * Opens all files of an index as one checkpoint. The index must be right: every file there, every
 * tensor in the file that it is said to be in, and none that is not listed.
 * @param maxBytes of all files together
 * @throws SourceError naming the file that is not there; FormatError naming every tensor that is not
 *   where the index says
 */
export async function openSharded(
  index: ShardIndex,
  name: string,
  neighbours: Neighbours,
  maxBytes: number,
  options: OpenOptions,
): Promise<CheckpointFile> {
  const shards: SafetensorsFile[] = []
  const close = async () => {
    for (const shard of shards) await shard.close()
  }
  const owner = new Map<string, SafetensorsFile>()
  const ownerOf = (tensor: string) => {
    const shard = owner.get(tensor)
    if (!shard) throw new ArgumentError(`${name} has no tensor ${JSON.stringify(tensor)}.`)
    return shard
  }
  let left = maxBytes
  try {
    for (const [file, listed] of index) {
      const shard = await openShard(file, name, neighbours, left, options)
      shards.push(shard)
      checkTensors(shard, listed, name)
      for (const info of shard.tensors.values()) {
        owner.set(info.name, shard)
        left -= tensorBytes(info)
      }
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    format: 'safetensors',
    name,
    tensors: new Map(shards.flatMap((shard) => [...shard.tensors])),
    // Of the files that transformers writes all say the same.
    metadata: shards[0]!.metadata,
    read: (tensor, options) => ownerOf(tensor).read(tensor, options),
    readInt8: (tensor, options) => ownerOf(tensor).readInt8(tensor, options),
    locate: (tensor) => ownerOf(tensor).locate(tensor),
    close,
  }
}

async function openShard(
  file: string,
  index: string,
  neighbours: Neighbours,
  maxBytes: number,
  options: OpenOptions,
): Promise<SafetensorsFile> {
  const source = await neighbours.open(file, options.signal)
  if (!source) throw new SourceError(`${index} lists ${file}, which is not beside it.`)
  try {
    const format = sniff(await readBeginning(source, sniffBytes, options.signal))
    if (format === 'safetensors') return await openSafetensors(source, maxBytes, options)
    throw new FormatError(
      typeof format === 'string'
        ? `${source.name} is ${format}, and not safetensors as ${index} says.`
        : strangerMessage(format, source.name),
    )
  } catch (error) {
    await source.close()
    throw error
  }
}

function checkTensors(shard: CheckpointFile, listed: ReadonlySet<string>, index: string): void {
  const missing = [...listed].filter((tensor) => !shard.tensors.has(tensor))
  const extra = [...shard.tensors.values()].filter((tensor) => !listed.has(tensor.name))
  if (missing.length === 0 && extra.length === 0) return
  const parts = [
    ...(missing.length > 0 ? [`it has not ${shortened(missing)}`] : []),
    ...(extra.length > 0 ? [`it has ${shortened(extra.map(nameOf))}, not listed for it`] : []),
  ]
  throw new FormatError(`${shard.name} is not as ${index} says: ${parts.join('; ')}.`)
}

const nameOf = ({ name }: TensorInfo) => name

const shortened = (names: readonly string[]) => {
  const some = names.slice(0, 8).map((name) => name.slice(0, 200))
  return names.length > 8 ? `${some.join(', ')} and ${names.length - 8} more` : some.join(', ')
}
