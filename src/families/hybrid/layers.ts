import type { HybridConfig } from './config.ts'

/** A convolution without bias, and the group norm after it. */
export interface Layer {
  /** Its name among the values and weights of the program: `root`, `stages.0.units.1.conv2`. */
  readonly name: string
  /** Rows and columns of a window. */
  readonly size: number
  readonly stride: number
  /** Channels before and after it. */
  readonly from: number
  readonly to: number
  readonly place: Place
}

/** Where a layer is. Numbers are from 0. */
export type Place =
  | { readonly part: 'root' }
  | { readonly part: UnitPart; readonly stage: number; readonly unit: number }

/** `proj` brings the input of a unit to the shape of its output, where they differ. */
export const unitParts = ['conv1', 'conv2', 'conv3', 'proj'] as const
export type UnitPart = (typeof unitParts)[number]

/** A residual unit: three convolutions, beside which its input goes on, projected where it has to be. */
export interface Unit {
  /** `stages.0.units.1` */
  readonly name: string
  readonly convolutions: readonly [Layer, Layer, Layer]
  readonly projection: Layer | undefined
}

export const rootOf = ({ channels, stemWidth }: HybridConfig): Layer => ({
  name: 'root',
  size: 7,
  stride: 2,
  from: channels,
  to: stemWidth,
  place: { part: 'root' },
})

/** All residual units in order. */
export function unitsOf({ units, stemWidth }: HybridConfig): Unit[] {
  let from = stemWidth
  return units.flatMap((count, stage) => {
    const width = stemWidth * 2 ** stage
    return Array.from({ length: count }, (_, unit): Unit => {
      const stride = stage > 0 && unit === 0 ? 2 : 1
      const to = 4 * width
      const name = `stages.${stage}.units.${unit}`
      const layer = (part: UnitPart, sizes: Omit<Layer, 'name' | 'place'>): Layer => ({
        name: `${name}.${part}`,
        ...sizes,
        place: { part, stage, unit },
      })
      const made: Unit = {
        name,
        convolutions: [
          layer('conv1', { size: 1, stride: 1, from, to: width }),
          layer('conv2', { size: 3, stride, from: width, to: width }),
          layer('conv3', { size: 1, stride: 1, from: width, to }),
        ],
        projection:
          from !== to || stride !== 1 ? layer('proj', { size: 1, stride, from, to }) : undefined,
      }
      from = to
      return made
    })
  })
}

/** All convolutions of the ResNet. */
export const layersOf = (config: HybridConfig): Layer[] => [
  rootOf(config),
  ...unitsOf(config).flatMap(({ convolutions, projection }) =>
    projection ? [...convolutions, projection] : convolutions,
  ),
]
