import type { CheckpointFile, CheckpointInput } from '../checkpoint/checkpoint.ts'
import { stateKey } from '../checkpoint/plan/training-state.ts'
import { openCheckpoint } from '../checkpoint/read/open.ts'
import { writeSafetensors } from '../checkpoint/write/safetensors.ts'
import { ArgumentError, FormatError, NumericError } from '../errors.ts'
import { firstNonFinite } from '../finite.ts'
import { show } from '../show.ts'
import type { Average } from './average.ts'
import type { Best, Score } from './best.ts'
import type { Place } from './data/draw.ts'
import { toBfloat16 } from './recipe/optimizers/bfloat16.ts'
import type { Trainer } from './trainer.ts'

/** What decides how a run goes on; a state of a run with another recipe is refused. */
export type RecipeFacts = Readonly<Record<string, string | number | boolean>>

/** What changes while a run goes on. */
export interface Running {
  readonly trainer: Trainer
  readonly best: Best
  /** Undefined where none is kept. */
  readonly average: Average | undefined
}

const kinds = {
  parameter: 'parameter.',
  optimizer: 'optimizer.',
  best: 'best.',
  average: 'average.',
} as const

interface Saved {
  readonly step: number
  readonly place: Place
  readonly recipe: RecipeFacts
  readonly best?: Score
}

type Values = Float32Array | Uint16Array

/**
 * A run between two updates, as a safetensors file: what is trained, the optimiser's state, their average, the best
 * weights so far, and the recipe. A run that goes on from it computes the same bits as one that never stopped.
 * @throws NumericError where something is not finite, from which no run could go on
 */
export function encodeState(
  { trainer, best, average }: Running,
  recipe: RecipeFacts,
  place: Place,
): AsyncIterable<Uint8Array> {
  const { steps: step, parameters } = trainer
  const { score } = best
  // Otherwise the best weights are those of now.
  const earlier = score && score.step < step ? best.parameters : undefined
  const tensors = [
    ...[...parameters].map(([name, values]) => tensor(kinds.parameter + name, values, step)),
    ...[...trainer.state].map(([name, values]) => tensor(kinds.optimizer + name, values, step)),
    ...[...(earlier ?? [])].map(([name, values]) => tensor(kinds.best + name, values, step)),
    ...[...(average?.values ?? [])].map(([name, values]) =>
      tensor(kinds.average + name, values, step),
    ),
  ]
  const saved: Saved = { step, place, recipe, ...(score && { best: score }) }
  return writeSafetensors(tensors, { [stateKey]: JSON.stringify(saved) })
}

const tensor = (name: string, values: Values, step: number) => ({
  name,
  shape: [values.length],
  dtype: values instanceof Float32Array ? ('f32' as const) : ('bf16' as const),
  data() {
    if (values instanceof Float32Array && firstNonFinite(values) >= 0) {
      throw new NumericError(
        `After update ${step}, ${name} has values that are not finite, so this state is not saved. Begin again with a lower learning rate or a longer warm-up.`,
      )
    }
    // A copy, since the next update changes the values.
    return new Uint8Array(values.slice().buffer)
  },
})

/**
 * Brings a run to a saved state.
 * @returns the place from which the next picture is drawn
 * @throws FormatError for other files; ArgumentError naming where the recipe of the saved run is another
 */
export async function restoreState(
  input: CheckpointInput,
  { trainer, best, average }: Running,
  recipe: RecipeFacts,
): Promise<Place> {
  const file = await openCheckpoint(input)
  try {
    const { step, place, recipe: before, best: score } = savedIn(file)
    requireSame(before, recipe)
    const found = await tensorsOf(file)
    const parameters = found.parameter as Map<string, Float32Array>
    average?.restore(found.average as Map<string, Float32Array>)
    await trainer.restore(parameters, step, found.optimizer)
    if (score) {
      const now = average ? found.average : parameters
      const kept = score.step === step ? now : found.best
      best.restore(score, kept as Map<string, Float32Array>)
    }
    return place
  } finally {
    await file.close()
  }
}

/** @throws ArgumentError naming the first fact that differs */
function requireSame(before: RecipeFacts, now: RecipeFacts): void {
  const other = [...new Set([...Object.keys(before), ...Object.keys(now)])].find(
    (name) => before[name] !== now[name],
  )
  if (other === undefined) return
  const said = (facts: RecipeFacts) =>
    facts[other] === undefined ? `no ${other}` : `${other} ${show(facts[other])}`
  throw new ArgumentError(
    `The run to resume has ${said(before)}, and this one ${said(now)}. Pass the same options, or begin anew.`,
  )
}

async function tensorsOf(file: CheckpointFile) {
  const found = {
    parameter: new Map<string, Values>(),
    optimizer: new Map<string, Values>(),
    best: new Map<string, Values>(),
    average: new Map<string, Values>(),
  }
  for (const { name, dtype, shape } of file.tensors.values()) {
    const values = new Float32Array(shape[0]!)
    let at = 0
    for await (const part of file.read(name)) {
      values.set(part, at)
      at += part.length
    }
    const [kind, prefix] =
      Object.entries(kinds).find(([, prefix]) => name.startsWith(prefix)) ?? unknown(file, name)
    const kept = dtype === 'bf16' ? Uint16Array.from(values, toBfloat16) : values
    found[kind as keyof typeof kinds].set(name.slice(prefix.length), kept)
  }
  return found
}

function unknown(file: CheckpointFile, tensor: string): never {
  throw new FormatError(`${file.name} is a state of a training run with an unknown ${tensor}.`)
}

function savedIn({ name, metadata }: CheckpointFile): Saved {
  try {
    const saved = JSON.parse(metadata[stateKey]!) as Saved
    if (Number.isSafeInteger(saved.step) && typeof saved.recipe === 'object') return saved
  } catch {
    // Said below.
  }
  throw new FormatError(`${name} is no state of a training run: it has no step and no recipe.`)
}
