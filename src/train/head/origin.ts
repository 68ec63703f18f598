import { ArgumentError } from '../../errors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import type { ImageModel } from '../../model/image-model.ts'

/** What made the features of a project. */
export interface Origin {
  /** The feature of a picture that every program has, which tells weights apart. */
  readonly probe: Float32Array
  /** What else features depend on, as text: config and preprocessing. */
  readonly model: string
}

type Model = Pick<ImageModel<AnyConfig>, 'config' | 'preprocess' | 'embed'>

export const originOf = async (model: Model): Promise<Origin> => ({
  probe: await model.embed(probePicture),
  model: describe(model),
})

/**
 * The features of one model, computed in different types and on different machines, differ by a few percent; those of
 * two models by more than half.
 */
const SAME = 0.25

/** @throws ArgumentError where features came from another model */
export async function requireOrigin(model: Model, { probe, model: told }: Origin): Promise<void> {
  const now = await originOf(model)
  const isSame = told === now.model && probe.length === now.probe.length
  if (isSame && distance(probe, now.probe) <= SAME) return
  throw new ArgumentError(
    "The project's features were made by another model, or for another size or preprocessing of pictures: load the same one, or add the pictures again.",
  )
}

/** A picture that needs no file: a ramp of each colour. */
const probePicture = {
  width: 64,
  height: 64,
  data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3]
    const [x, y] = [pixel % 64, pixel >> 6]
    return 4 * [x, y, (x + y) % 64][channel]!
  }),
}

const describe = ({ config, preprocess }: Model): string =>
  JSON.stringify([
    Object.entries(config).sort(([one], [other]) => (one < other ? -1 : 1)),
    preprocess,
  ])

/** Relative to the length of the second. */
function distance(one: Float32Array, other: Float32Array): number {
  const difference = Math.hypot(...one.map((value, i) => value - other[i]!))
  return difference / Math.hypot(...other)
}
