import type { ModelConfig } from '../../checkpoint/model-config.ts'
import type { Patches } from '../../families/family.ts'
import { note } from '../output.ts'

/** Notes on stderr what becomes of pixels beyond the last whole patch. */
export async function noteEdge(config: ModelConfig): Promise<void> {
  const { familyOf } = await import('../../families/registry.ts')
  const { patches } = await (await familyOf(config)).tools()
  const text = edgeText(config, patches(config))
  if (text) note(`note: ${text}`)
}

/** Undefined where whole patches cover the image exactly. */
export function edgeText(
  { imageSize }: Pick<ModelConfig, 'imageSize'>,
  { size, grid }: Patches,
): string | undefined {
  const sides = ['height', 'width'].map((name, i) => ({
    name,
    rest: imageSize[i]! - size[i]! * grid[i]!,
  }))
  const ignored = sides.flatMap(({ name, rest }) =>
    rest > 0 ? [`the last ${rest} px of the ${name}`] : [],
  )
  const padded = sides.flatMap(({ name, rest }) => (rest < 0 ? [`the ${name} by ${-rest} px`] : []))
  const effects = [
    ...(ignored.length > 0 ? [`ignores ${ignored.join(' and ')}`] : []),
    ...(padded.length > 0 ? [`pads ${padded.join(' and ')}`] : []),
  ]
  if (effects.length === 0) return undefined
  const [input, patch] = [imageSize.join(' x '), size.join(' x ')]
  return `${input} px is not a multiple of the patch size (${patch}): the model ${effects.join(' and ')}`
}
