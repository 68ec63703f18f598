import { CheckpointError } from '../../errors.ts'
import type { CheckpointFile } from '../checkpoint.ts'
import { isScale } from '../scales.ts'
import { refuseOtherFamilies } from './families.ts'
import { huggingface } from './huggingface.ts'
import { linenNames } from './linen.ts'
import { official } from './official.ts'
import type { Publisher } from './publisher.ts'
import { timm } from './timm.ts'
import { torchvision } from './torchvision.ts'

const publishers = [official, timm, torchvision, huggingface]

/** Whose names a file uses, and its tensors by the names of that publisher's table. */
export interface Recognised {
  readonly publisher: Publisher
  /** Stored name by name in the table (`#` replaced by the block's number). */
  readonly stored: ReadonlyMap<string, string>
}

/**
 * Finds the publisher by the names alone, and takes prefixes and old numberings off them.
 * @throws UnsupportedError for other families, CheckpointError for names of nobody known
 */
export function recognise(file: CheckpointFile): Recognised {
  const names = [...file.tensors.keys()].filter((name) => !isScale(file.tensors, name))
  for (const publisher of publishers) {
    const stored = withoutPrefixes(names, publisher)
    if (!stored.has(publisher.anchor)) continue
    refuseOtherFamilies(stored.keys(), file.name)
    return { publisher, stored }
  }
  refuseOtherFamilies(names, file.name)
  for (const publisher of publishers) {
    refuseOtherFamilies(withoutPrefixes(names, publisher).keys(), file.name)
  }
  const some = names.slice(0, 5).join(', ')
  throw new CheckpointError(
    `${file.name} has names of no publisher known here (google-research/vision_transformer, timm, torchvision, Hugging Face): ${some || 'none at all'}${names.length > 5 ? ', …' : ''}.`,
    { missing: publishers.map((publisher) => publisher.anchor), extra: names },
  )
}

function withoutPrefixes(
  names: readonly string[],
  { name: publisher, prefixes }: Publisher,
): Map<string, string> {
  const stored = new Map<string, string>()
  for (const name of names) {
    const short = strip(name, prefixes)
    // Of two names that would be the same the second keeps its prefix, and shows up as extra.
    stored.set(stored.has(short) ? name : short, name)
  }
  if (publisher !== 'official') return stored
  return new Map([...linenNames(stored.keys())].map(([linen, name]) => [linen, stored.get(name)!]))
}

function strip(name: string, prefixes: readonly string[]): string {
  let short = name
  for (;;) {
    const prefix = prefixes.find((candidate) => short.startsWith(candidate))
    if (prefix === undefined) return short
    short = short.slice(prefix.length)
  }
}
