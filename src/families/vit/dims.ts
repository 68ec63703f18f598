import type { EncoderConfig } from './config.ts'

/**
 * The sizes that shapes of weights are made of, as the tables of names write them:
 * D width, M MLP width, H heads, d width of a head, R representation, F features (what the head
 * multiplies), K classes, P rows of the position embedding, C channels of what patches are cut from, h and w sides of a
 * patch, I values of a patch.
 */
export type Dim = 'D' | '3D' | 'M' | 'H' | 'd' | 'R' | 'F' | 'K' | 'P' | 'C' | 'h' | 'w' | 'I'

export type Dims = Readonly<Record<Dim, number>>

export function dimsOf(config: EncoderConfig, positionRows: number): Dims {
  const { width: D, mlpWidth: M, heads: H, representation: R, classes: K, channels: C } = config
  const [h, w] = config.patchSize
  return {
    D,
    '3D': 3 * D,
    M,
    H,
    d: D / H,
    R,
    F: R > 0 ? R : D,
    K,
    P: positionRows,
    C,
    h,
    w,
    I: h * w * C,
  }
}
