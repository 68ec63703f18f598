import { openCheckpoint } from '../checkpoint/read/open.ts'
import { writeSafetensors } from '../checkpoint/write/safetensors.ts'
import { ArgumentError, FormatError } from '../errors.ts'
import { show } from '../show.ts'
import type { Place } from './data/draw.ts'
import { toBfloat16 } from './recipe/optimizers/bfloat16.ts'
import type { Trainer } from './trainer.ts'

/** What decides how a run goes on; a state of a run with another recipe is refused. */
export type RecipeFacts = Readonly<Record<string, string | number | boolean>>

const key = 'vitrine.training-state'
const parameter = 'parameter.'
const state = 'optimizer.'

interface Saved {
  readonly step: number
  readonly place: Place
  readonly recipe: RecipeFacts
}

/**
 * A run between two updates, as a safetensors file: what is trained, the optimiser's state, and the recipe. A run that
 * goes on from it computes the same bits as one that never stopped.
 */
export function encodeState(
  trainer: Trainer,
  recipe: RecipeFacts,
  place: Place,
): AsyncIterable<Uint8Array> {
  const saved: Saved = { step: trainer.steps, place, recipe }
  const tensors = [
    ...[...trainer.parameters].map(([name, values]) => tensor(parameter + name, values)),
    ...[...trainer.state].map(([name, values]) => tensor(state + name, values)),
  ]
  return writeSafetensors(tensors, { [key]: JSON.stringify(saved) })
}

const tensor = (name: string, values: Float32Array | Uint16Array) => ({
  name,
  shape: [values.length],
  dtype: values instanceof Float32Array ? ('f32' as const) : ('bf16' as const),
  data: () => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
})

/**
 * Brings a trainer and its optimiser to a saved state.
 * @returns the place from which the next picture is drawn
 * @throws FormatError for other files; ArgumentError naming where the recipe of the saved run is another
 */
export async function restoreState(
  bytes: Uint8Array,
  trainer: Trainer,
  recipe: RecipeFacts,
): Promise<Place> {
  const file = await openCheckpoint(bytes)
  try {
    const { step, place, recipe: before } = savedIn(file.metadata)
    for (const [name, value] of Object.entries(recipe)) {
      if (before[name] === value) continue
      throw new ArgumentError(
        `The run to resume has ${name} ${show(before[name])}, and this one ${show(value)}. Pass the same options, or begin anew.`,
      )
    }
    const parameters = new Map<string, Float32Array>()
    const states = new Map<string, Float32Array | Uint16Array>()
    for (const { name, dtype, shape } of file.tensors.values()) {
      const values = new Float32Array(shape[0]!)
      let at = 0
      for await (const part of file.read(name)) {
        values.set(part, at)
        at += part.length
      }
      if (name.startsWith(parameter)) parameters.set(name.slice(parameter.length), values)
      else {
        const kept = dtype === 'bf16' ? Uint16Array.from(values, toBfloat16) : values
        states.set(name.slice(state.length), kept)
      }
    }
    await trainer.restore(parameters, step, states)
    return place
  } finally {
    await file.close()
  }
}

function savedIn(metadata: Readonly<Record<string, string>>): Saved {
  try {
    const saved = JSON.parse(metadata[key]!) as Saved
    if (Number.isSafeInteger(saved.step) && typeof saved.recipe === 'object') return saved
  } catch {
    // Said below.
  }
  throw new FormatError('This is no state of a training run: it has no step and no recipe.')
}
