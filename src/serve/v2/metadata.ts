import { Refusal } from '../http/refusal.ts'
import type { Offer } from '../offer.ts'
import { inputsOf } from './inputs.ts'

/** The only version of every model. */
export const VERSION = '1'

/** The extensions of the protocol that this server has. */
export const EXTENSIONS = ['binary_tensor_data', 'classification'] as const

/** @throws Refusal for a version that does not exist */
export function requireVersion(version: string | undefined, model: string): void {
  if (version === undefined || version === VERSION) return
  throw new Refusal(404, `The model ${model} has one version, ${VERSION}.`)
}

export const serverMetadata = (version: string) => ({
  name: 'vitrine',
  version,
  extensions: EXTENSIONS,
})

/** What a client has to know of a model. */
export function modelMetadata(name: string, offer: Offer) {
  const { outputs } = offer
  return {
    name,
    versions: [VERSION],
    platform: `vitrine_${offer.family}`,
    // A request has one of them.
    inputs: inputsOf(offer),
    outputs: outputs.map(({ name, shape }) => ({ name, datatype: 'FP32', shape: [-1, ...shape] })),
    parameters: {
      inputs: 'one of the inputs',
      image: 'encoded JPEG, PNG or WebP; in JSON base64 or a data: URL',
    },
  }
}
