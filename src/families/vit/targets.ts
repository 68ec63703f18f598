import { swapInner } from '../../checkpoint/plan/rearrange.ts'
import { shapeOf } from '../../checkpoint/plan/shape.ts'
import type { Target } from '../../checkpoint/write/encode.ts'
import type { EncoderConfig } from './config.ts'
import { dimsOf } from './dims.ts'
import { scaleWhenWritten } from './distillation.ts'
import { patchGrid, prefixTokens } from './grid.ts'
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

/** The tensors of a ViT under timm's names and layouts, which timm reads as they are. */
export function vitTargets(config: EncoderConfig): Target[] {
  const [rows, columns] = patchGrid(config)
  const dims = dimsOf(config, prefixTokens(config) + rows * columns)
  return timm.tensors
    .filter(([, slot]) => hasSlot(slot, config))
    .flatMap(([name, slot, shape]) => {
      const scale = scaleWhenWritten(slot, config)
      return Array.from({ length: name.includes('#') ? config.depth : 1 }, (_, block) => ({
        name: name.replace('#', String(block)),
        shape: shapeOf(shape, dims),
        isMatrix: matrices.has(slot),
        pieces: slotPieces(slot, block, '', config, dims, timm.transposed, scale),
        // PyTorch stores a convolution's channels before its pixels.
        ...(slot === 'patch.kernel' && {
          rearrange: (values: Float32Array) => swapInner(values, dims.h * dims.w, dims.C),
        }),
      }))
    })
}
