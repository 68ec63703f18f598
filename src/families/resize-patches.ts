import type { Matched } from '../checkpoint/plan/layout.ts'
import type { Piece } from '../checkpoint/plan/piece.ts'
import type { Grid } from '../checkpoint/plan/position.ts'
import { swapInner } from '../checkpoint/plan/rearrange.ts'
import { resizeKernel } from '../checkpoint/plan/resize-kernel.ts'
import { ArgumentError, UnsupportedError } from '../errors.ts'
import type { AnyConfig } from './architectures.ts'
import type { Family } from './family.ts'

/** A config whose patches are cut from images. */
interface Patched {
  readonly imageSize: Grid
  readonly patchSize: Grid
}

/**
 * Plans a model whose patches have another size than those of its file, as FlexiViT (Beyer et al. 2023) does it: the
 * kernel is resized here, and the positions as for another image size.
 * @param stored the config of the file, with the wanted `imageSize`
 * @param wanted height and width of a patch, in pixels
 * @param match makes the plan of a config with the file's patch size
 * @throws UnsupportedError for families whose patches are not cut from images by one kernel; ArgumentError where the
 *   image holds no patch; what `match` throws
 */
export function planPatches<Config extends AnyConfig>(
  family: Family,
  stored: Config,
  wanted: Grid,
  match: (config: Config) => Matched,
): { readonly config: Config; readonly matched: Matched } {
  if (!isPatched(family, stored)) {
    throw new UnsupportedError(
      `Models of the family ${family.name} are run with the patch size of their file; leave out config.patchSize.`,
    )
  }
  const { imageSize, patchSize } = stored
  if (patchSize.join() === wanted.join()) return { config: stored, matched: match(stored) }
  const grid = [0, 1].map((axis) => Math.floor(imageSize[axis]! / wanted[axis]!)) as [
    number,
    number,
  ]
  if (grid.includes(0)) {
    throw new ArgumentError(
      `An image of ${imageSize.join(' x ')} pixels holds no patch of ${wanted.join(' x ')}.`,
    )
  }
  // An image with as many patches of the old size has the same tokens.
  const sameTokens = [grid[0] * patchSize[0], grid[1] * patchSize[1]] as const
  const { pieces, ignored } = match({ ...stored, imageSize: sameTokens })
  const resized = pieces.get(kernel)?.map((piece) => resizedPiece(piece, patchSize, wanted)) ?? []
  return {
    config: { ...stored, patchSize: wanted },
    matched: { pieces: new Map([...pieces, [kernel, resized]]), ignored },
  }
}

const kernel = 'patch.kernel'

const isPatched = <Config extends AnyConfig>(
  { patchesAreResizable }: Family,
  config: Config,
): config is Config & Patched => patchesAreResizable === true && 'patchSize' in config

function resizedPiece(piece: Piece, from: Grid, to: Grid): Piece {
  const { region, count } = piece
  const { columns, transposed } = region
  const channels = count / columns / (from[0] * from[1])
  const positions = to[0] * to[1]
  return {
    ...piece,
    region: { ...region, rows: positions * channels },
    rearrange: {
      kind: 'own',
      // Stored [out, channels, height, width] or [height, width, channels, out].
      change: transposed
        ? (values) =>
            swapInner(resizeKernel(values, columns * channels, 1, from, to), channels, positions)
        : (values) => resizeKernel(values, 1, channels * columns, from, to),
    },
  }
}
