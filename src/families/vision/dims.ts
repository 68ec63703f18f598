import type { VisionTower } from './config.ts'

/**
 * The sizes that shapes of weights are made of, as the tables of names write them: D width, M MLP width, W columns of
 * an MLP's first layer, H heads, K classes, F what the head multiplies, E projection, P rows of the positions, O offsets
 * in the grid, R registers, C channels, h and w sides of a patch, I values of a patch, mM MLP width of the pool, d head width.
 */
export type Dim =
  | ('D' | '2D' | '3D' | 'M' | 'W' | 'H' | 'K' | 'F' | 'E' | 'P' | 'O' | 'R')
  | ('C' | 'h' | 'w' | 'I' | 'mM' | 'd')

export type Dims = Readonly<Record<Dim, number>>

/** @param stored rows of positions and of offsets in the file */
export function dimsOf(
  config: VisionTower,
  stored: { readonly positions: number; readonly offsets: number },
): Dims {
  const { width: D, mlpWidth: M, projection: E } = config
  const [h, w] = config.patchSize
  return {
    D,
    '2D': 2 * D,
    '3D': 3 * D,
    M,
    W: config.gated ? 2 * M : M,
    H: config.heads,
    K: config.classes,
    F: E > 0 ? E : D,
    E,
    P: stored.positions,
    O: stored.offsets,
    R: config.registers,
    C: config.channels,
    h,
    w,
    I: h * w * config.channels,
    mM: config.mapMlpWidth,
    d: D / config.heads,
  }
}
