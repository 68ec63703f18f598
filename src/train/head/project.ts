import type { CheckpointInput } from '../../checkpoint/checkpoint.ts'
import { openCheckpoint } from '../../checkpoint/read/open.ts'
import { collectBytes, writeSafetensors } from '../../checkpoint/write/safetensors.ts'
import { FormatError } from '../../errors.ts'
import { firstNonFinite } from '../../finite.ts'
import { Examples } from './examples.ts'
import { LinearHead } from './linear-head.ts'
import type { Origin } from './origin.ts'

const key = 'vitrine.head-project'

/** What a project consists of: features with their classes, and the head, if there is one. */
export interface Project {
  readonly examples: Examples
  readonly head: LinearHead | undefined
  readonly origin: Origin
}

interface Saved {
  readonly labels: readonly string[]
  /** An id and the place of the label, for each row of `features`. */
  readonly examples: readonly (readonly [id: string, label: number])[]
  readonly headLabels?: readonly string[]
  readonly model: string
}

/** A project as a safetensors file: 4 bytes for each value of each feature. No picture is in it. */
export function encodeProject({ examples, head, origin }: Project): Promise<Uint8Array> {
  const { probe, model } = origin
  const { all, labels } = examples
  const width = probe.length
  const features = new Float32Array(all.length * width)
  for (const [i, { feature }] of all.entries()) features.set(feature, i * width)
  const saved: Saved = {
    labels,
    examples: all.map(({ id, label }) => [id, labels.indexOf(label)]),
    ...(head && { headLabels: head.labels }),
    model,
  }
  const tensors = [
    tensor('features', [all.length, width], features),
    tensor('probe', [width], probe),
    ...(head
      ? [
          tensor('head.kernel', [width, head.labels.length], head.kernel),
          tensor('head.bias', [head.labels.length], head.bias),
        ]
      : []),
  ]
  return collectBytes(writeSafetensors(tensors, { [key]: JSON.stringify(saved) }))
}

const tensor = (name: string, shape: readonly number[], values: Float32Array) => ({
  ...{ name, shape, dtype: 'f32' as const },
  data: () => new Uint8Array(values.slice().buffer),
})

/** @throws FormatError for other files, and for those whose parts don't fit together; what opening a file throws */
export async function decodeProject(source: CheckpointInput): Promise<Project> {
  const file = await openCheckpoint(source)
  try {
    const saved = savedIn(file.metadata[key], file.name)
    const read = async (name: string, ...shape: readonly number[]): Promise<Float32Array> => {
      if (file.tensors.get(name)?.shape.join() !== shape.join()) throw broken(file.name)
      const values = new Float32Array(shape.reduce((product, side) => product * side, 1))
      let at = 0
      for await (const part of file.read(name)) {
        values.set(part, at)
        at += part.length
      }
      if (firstNonFinite(values) >= 0) throw broken(file.name)
      return values
    }
    const [width = 0] = file.tensors.get('probe')?.shape ?? []
    const features = await read('features', saved.examples.length, width)
    const examples = new Examples(saved.labels)
    for (const [i, [id, label]] of saved.examples.entries()) {
      const feature = features.slice(i * width, (i + 1) * width)
      examples.put({ id, label: saved.labels[label]!, place: examples.nextPlace(), feature })
    }
    let head: LinearHead | undefined
    if (saved.headLabels) {
      head = new LinearHead(saved.headLabels, width)
      head.kernel.set(await read('head.kernel', width, saved.headLabels.length))
      head.bias.set(await read('head.bias', saved.headLabels.length))
    }
    const probe = await read('probe', width)
    return { examples, head, origin: { probe, model: saved.model } }
  } finally {
    await file.close()
  }
}

function savedIn(text: string | undefined, name: string): Saved {
  if (text === undefined) {
    throw new FormatError(`${name} is no saved project of a head; save() of a trainer makes it.`)
  }
  const isText = (value: unknown): value is string => typeof value === 'string'
  const areTexts = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every(isText)
  try {
    const { labels, examples, headLabels, model } = JSON.parse(text) as Partial<Saved>
    const isExample = (one: unknown) =>
      Array.isArray(one) && isText(one[0]) && areTexts(labels) && labels[one[1]] !== undefined
    const isRight =
      areTexts(labels) &&
      isText(model) &&
      Array.isArray(examples) &&
      examples.every(isExample) &&
      new Set(examples.map(([id]) => id)).size === examples.length &&
      (headLabels === undefined || areTexts(headLabels))
    if (isRight) return JSON.parse(text) as Saved
  } catch {
    // Said below.
  }
  throw broken(name)
}

const broken = (name: string) =>
  new FormatError(`${name} is a project of a head whose parts don't fit together.`)
