import { type HybridConfig, transformerOf } from '../../src/families/hybrid/config.ts'
import { type HybridPublisher, rowsOf } from '../../src/families/hybrid/names/publisher.ts'
import type { MixerConfig } from '../../src/families/mixer/config.ts'
import type { MixerPublisher } from '../../src/families/mixer/names/publisher.ts'
import { hasSlot, sizesOf } from '../../src/families/mixer/weights.ts'
import { dimsOf } from '../../src/families/vit/dims.ts'
import { patchGrid, prefixTokens } from '../../src/families/vit/grid.ts'
import { hasSlot as hasEncoderSlot, type Slot } from '../../src/families/vit/slots.ts'
import { smallConfig, type TensorToMake, tensorsOfTable } from './models.ts'

/** A hybrid small enough for tests. */
export const smallHybrid: HybridConfig = {
  ...smallConfig,
  family: 'hybrid',
  imageSize: [48, 48],
  patchSize: [2, 2],
  units: [2, 1],
  stemWidth: 4,
  gelu: 'tanh',
  groups: 2,
  groupEps: 1e-6,
  kernelEps: 1e-5,
  kernelEpsOn: 'deviation',
}

/** A Mixer small enough for tests, with no two sizes alike. */
export const smallMixer: MixerConfig = {
  family: 'mixer',
  imageSize: [12, 12],
  channels: 3,
  patchSize: [4, 4],
  padding: 'same',
  width: 8,
  depth: 2,
  tokenMlpWidth: 7,
  mlpWidth: 11,
  classes: 5,
  gelu: 'tanh',
  eps: 1e-6,
}

/** Random tensors of a hybrid under a publisher's names. */
export function hybridTensors(
  publisher: HybridPublisher,
  config: HybridConfig = smallHybrid,
): TensorToMake[] {
  const encoder = transformerOf(config)
  const [rows, columns] = patchGrid(encoder)
  const isOfEncoder = (slot: string) => !/^(root|stages)\./.test(slot)
  const table = rowsOf(config, publisher).filter(
    ([, slot]) => !isOfEncoder(slot) || hasEncoderSlot(slot as Slot, encoder),
  )
  return tensorsOfTable(
    table,
    dimsOf(encoder, prefixTokens(encoder) + rows * columns),
    config.depth,
  )
}

/** Random tensors of a Mixer under a publisher's names. */
export function mixerTensors(
  { tensors }: MixerPublisher,
  config: MixerConfig = smallMixer,
): TensorToMake[] {
  const table = tensors.filter(([, slot]) => hasSlot(slot, config))
  return tensorsOfTable(table, sizesOf(config), config.depth)
}
