import type { Channels } from '../image/image.ts'

/** What the config of every family tells: enough for pictures and labels. The rest is the family's own. */
export interface ModelConfig {
  /** Which family's config this is; see `src/families/`. */
  family: string
  /** Input height and width in pixels. */
  imageSize: readonly [height: number, width: number]
  /** Channels of the input: 3 for RGB, 1 for grey. */
  channels: Channels
  /** Number of classes of the head, 0 for a model without a head. */
  classes: number
}
