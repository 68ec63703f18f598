import type { TensorRow } from '../../../src/checkpoint/plan/publisher.ts'
import type { DualConfig } from '../../../src/families/dual/config.ts'
import type { DualPublisher } from '../../../src/families/dual/family.ts'
import { hasTextSlot, isTextSlot, textDims } from '../../../src/families/dual/slots.ts'
import type { VisionTower } from '../../../src/families/vision/config.ts'
import { prefixTokens } from '../../../src/families/vision/config.ts'
import { dimsOf } from '../../../src/families/vision/dims.ts'
import type { VisionPublisher } from '../../../src/families/vision/family.ts'
import { offsetsOf } from '../../../src/families/vision/relative-positions.ts'
import { hasSlot, type Slot } from '../../../src/families/vision/slots.ts'
import { patchGrid } from '../../../src/families/vit/grid.ts'
import { type TensorToMake, tensorsOfTable } from '../../checkpoint/models.ts'

const sizesOf = (config: VisionTower) => {
  const grid = patchGrid(config)
  const positions = prefixTokens(config) + grid[0] * grid[1]
  return dimsOf(config, { positions, offsets: offsetsOf(grid) })
}

/** The forms of a slot, of which a file has one. */
const forms: readonly (readonly string[])[] = [
  ['query.kernel', 'key.kernel', 'value.kernel', 'qkv.kernel'],
  ['query.bias', 'key.bias', 'value.bias', 'qkv.bias'],
  ['map.query.kernel', 'map.key_value.kernel', 'map.qkv.kernel'],
  ['map.query.bias', 'map.key_value.bias', 'map.qkv.bias'],
  ['fc1.kernel', 'gate.kernel', 'up.kernel'],
  ['fc1.bias', 'gate.bias', 'up.bias'],
  ['head.kernel', 'head.matrix', 'both_heads.kernel'],
  ['projection.kernel', 'projection.matrix'],
]

/** Of a slot with several forms, is this the one that is written here? */
function isWritten(slot: string, table: readonly TensorRow[], config: VisionTower): boolean {
  const others = forms.find((form) => form.includes(slot))
  if (!others) return true
  const inTable = (name: string) => table.some(([, of]) => of === name)
  const [fused] = others.filter((name) => /qkv/.test(name) && inTable(name))
  const isFused = fused !== undefined && (!/^qkv\.bias/.test(fused) || config.qkvBias === true)
  if (isFused) return slot === fused
  return !/^(gate|up)\./.test(slot) && inTable(slot)
}

/** Random tensors of a config under a publisher's names. */
export function visionTensors(publisher: VisionPublisher, config: VisionTower): TensorToMake[] {
  const table = publisher.tensors as readonly TensorRow<Slot>[]
  const rows = table.filter(([, slot]) => hasSlot(slot, config) && isWritten(slot, table, config))
  return tensorsOfTable(rows, sizesOf(config), config.depth)
}

/** The same of a model of images and texts. */
export function dualTensors(publisher: DualPublisher, config: DualConfig): TensorToMake[] {
  const table = publisher.tensors
  const image = table.filter(([, slot]) => !isTextSlot(slot))
  const rows = image.filter(
    ([, slot]) => hasSlot(slot as Slot, config) && isWritten(slot, image, config),
  )
  const sizes = Object.entries(textDims(config)).map(([name, size]) => [`t${name}`, size])
  const texts = table.filter(([, slot]) => isTextSlot(slot) && hasTextSlot(slot, config))
  const ofTexts = texts.filter(([name, slot]) => {
    const { text } = /^(?<text>text\.)/.exec(slot)?.groups ?? {}
    const own = text ? slot.slice(text.length) : slot
    const inner = texts.map(
      ([row, of, shape]): TensorRow => [row, of.replace(/^text\./, ''), shape],
    )
    const isQkv = /^(query|key|value)\./.test(own) && inner.some(([, of]) => of.startsWith('qkv.'))
    return !isQkv && !/^(gate|up)\./.test(own) && name !== ''
  })
  return [
    ...tensorsOfTable(rows, sizesOf(config), config.depth),
    ...tensorsOfTable(ofTexts, Object.fromEntries(sizes), config.textDepth, 5),
  ]
}
