import type { Piece } from '../../../src/checkpoint/plan/piece.ts'
import { swapInner } from '../../../src/checkpoint/plan/rearrange.ts'
import { shapeOf } from '../../../src/checkpoint/plan/shape.ts'
import { safetensorsHeader } from '../../../src/checkpoint/write/safetensors.ts'
import type { ViTConfig } from '../../../src/families/vit/config.ts'
import { dimsOf } from '../../../src/families/vit/dims.ts'
import { patchGrid, prefixTokens } from '../../../src/families/vit/grid.ts'
import { huggingface } from '../../../src/families/vit/names/huggingface.ts'
import { slotPieces } from '../../../src/families/vit/pieces.ts'
import { hasSlot } from '../../../src/families/vit/slots.ts'
import type { Case } from '../../cases/case.ts'
import type { Format, Task, Weights } from '../../engine/peer.ts'
import { bytes, columns, transposed } from './matrix.ts'

/** The name of the file. */
export const MODEL = 'model.safetensors'

/**
 * What Hugging Face calls a `ViTForImageClassification`, f32, under its names, for engines that have a
 * model of their own and read only the weights. For any other case nothing is written, and the engine
 * says that it can't run it.
 */
export const format: Format = {
  *files({ bench, program }, weights) {
    const config = imageClassifier(bench)
    if (!config) return
    const tensors = tensorsOf(config)
    yield [MODEL, safetensorsHeader(tensors)]
    for (const { piece } of tensors) yield [MODEL, bytes(stored(piece, program, weights))]
  },
}

/** The config of a case that this form can hold: a whole model, and of the plainest kind. */
export function imageClassifier({ config, level }: Case): ViTConfig | undefined {
  const plain =
    config?.family === 'vit' &&
    (level === 'model' || level === 'cold') &&
    config.classifier === 'token' &&
    config.classes > 0 &&
    config.representation === 0 &&
    !config.distilled &&
    !config.normAfterPool
  return plain ? config : undefined
}

function tensorsOf(config: ViTConfig) {
  const [rows, columns] = patchGrid(config)
  const dims = dimsOf(config, prefixTokens(config) + rows * columns)
  // The heads of relatives stand in the table behind the one that is meant here.
  const first = new Map(huggingface.tensors.map((row) => [row[1], row] as const).reverse())
  return [...first.values()]
    .filter(([, slot]) => hasSlot(slot, config))
    .flatMap(([name, slot, shape]) =>
      Array.from({ length: name.includes('#') ? config.depth : 1 }, (_, block) => ({
        name: (slot.startsWith('head.') ? '' : 'vit.') + name.replace('#', String(block)),
        dtype: 'f32' as const,
        shape: shapeOf(shape, dims),
        piece: slotPieces(slot, block, name, config, dims, huggingface.transposed, 1)[0]!,
      })),
    )
}

/** The values of a tensor, as PyTorch lays them out. */
function stored(
  { weight, region, rearrange }: Piece,
  { weights: all }: Task['program'],
  weights: Weights,
) {
  const width = all.find(({ name }) => name === weight)!.shape[1]
  const { row, rows } = region
  const band = weights.get(weight)!.subarray(row * width, (row + rows) * width)
  const part = columns(band, width, region.column, region.columns)
  const values = region.transposed ? transposed(part, region.columns) : part
  if (rearrange?.kind !== 'channels_last') return values
  return swapInner(values, rearrange.positions, rearrange.channels)
}
