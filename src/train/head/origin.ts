import { ArgumentError } from '../../errors.ts'
import type { AnyConfig } from '../../families/architectures.ts'
import type { ImageModel } from '../../model/image-model.ts'
import { isSameProbe, probePicture } from '../../model/probe.ts'

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

/** @throws ArgumentError where features came from another model */
export async function requireOrigin(model: Model, { probe, model: told }: Origin): Promise<void> {
  const now = await originOf(model)
  if (told === now.model && isSameProbe(probe, now.probe)) return
  throw new ArgumentError(
    "The project's features were made by another model, or for another size or preprocessing of pictures: load the same one, or add the pictures again.",
  )
}

const describe = ({ config, preprocess }: Model): string =>
  JSON.stringify([
    Object.entries(config).sort(([one], [other]) => (one < other ? -1 : 1)),
    preprocess,
  ])
