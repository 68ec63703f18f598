import { preLinenName } from '../../checkpoint/plan/linen.ts'
import { swapInner } from '../../checkpoint/plan/rearrange.ts'
import { shapeOf } from '../../checkpoint/plan/shape.ts'
import type { Target } from '../../checkpoint/write/target.ts'
import type { FileNames } from '../family.ts'
import type { EncoderConfig } from './config.ts'
import { dimsOf } from './dims.ts'
import { scaleWhenWritten } from './distillation.ts'
import { patchGrid, prefixTokens } from './grid.ts'
import { official } from './names/official.ts'
import type { VitPublisher } from './names/publisher.ts'
import { timm } from './names/timm.ts'
import { slotPieces } from './pieces.ts'
import { hasSlot, type Slot } from './slots.ts'

/** The matrices of the blocks, which hold nearly all weights. */
const matrices: ReadonlySet<Slot> = new Set([
  'qkv.kernel',
  'proj.kernel',
  'fc1.kernel',
  'fc2.kernel',
])

/**
 * The tensors of a ViT: under timm's names and layouts, which timm reads as they are; or under those of the files
 * that google-research/vision_transformer published, whose code has biases of queries, keys and values always.
 */
export function vitTargets(config: EncoderConfig, names: FileNames): Target[] {
  return names === 'own'
    ? targetsOf(timm, config, config)
    : targetsOf(official, config, { ...config, qkvBias: true }, preLinenName)
}

/** @param structure decides which slots there are */
function targetsOf(
  { tensors, transposed }: VitPublisher,
  config: EncoderConfig,
  structure: EncoderConfig,
  rename = (name: string) => name,
): Target[] {
  const [rows, columns] = patchGrid(config)
  const dims = dimsOf(config, prefixTokens(config) + rows * columns)
  // Of several names for one slot the first is written.
  const first = new Map(tensors.map((row) => [row[1], row] as const).reverse()).values()
  const wanted = [...first].reverse().filter(([, slot]) => hasSlot(slot, structure))
  return wanted.flatMap(([name, slot, shape]) => {
    const scale = scaleWhenWritten(slot, config)
    return Array.from({ length: name.includes('#') ? config.depth : 1 }, (_, block) => ({
      name: rename(name.replace('#', String(block))),
      shape: shapeOf(shape, dims),
      isMatrix: matrices.has(slot),
      pieces: slotPieces(slot, block, '', config, dims, transposed, scale),
      // PyTorch stores a convolution's channels before its pixels.
      ...(slot === 'patch.kernel' &&
        transposed && {
          rearrange: (values: Float32Array) => swapInner(values, dims.h * dims.w, dims.C),
        }),
    }))
  })
}
