import type { ViTConfig } from '../../models/config.ts'

/**
 * The sizes that shapes of weights are made of, as the tables of names write them:
 * D width, M MLP width, H heads, d width of a head, R representation, F features (what the head
 * multiplies), K classes, P rows of the position embedding, h and w sides of a patch, I values of a
 * patch.
 */
export type Dim = 'D' | '3D' | 'M' | 'H' | 'd' | 'R' | 'F' | 'K' | 'P' | 'h' | 'w' | 'I'

export type Dims = Readonly<Record<Dim, number>>

export function dimsOf(config: ViTConfig, positionRows: number): Dims {
  const { width: D, mlpWidth: M, heads: H, representation: R, classes: K } = config
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
    h,
    w,
    I: h * w * 3,
  }
}

/** `'1 P D'` in numbers. */
export function shapeOf(shape: string, dims: Dims): number[] {
  return shape.split(' ').map((side) => dims[side as Dim] ?? Number(side))
}
