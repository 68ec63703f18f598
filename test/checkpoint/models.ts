import type { DType, TensorInfo } from '../../src/checkpoint/checkpoint.ts'
import type { TensorRow } from '../../src/checkpoint/plan/publisher.ts'
import { type Sizes, shapeOf } from '../../src/checkpoint/plan/shape.ts'
import { collectBytes, writeSafetensors } from '../../src/checkpoint/write/safetensors.ts'
import type { AnyConfig } from '../../src/families/architectures.ts'
import { familyOf } from '../../src/families/registry.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { dimsOf } from '../../src/families/vit/dims.ts'
import type { VitPublisher } from '../../src/families/vit/names/publisher.ts'
import { hasSlot } from '../../src/families/vit/slots.ts'
import { gaussian, random } from '../random.ts'
import { npyF32, zipOf } from './make.ts'

/** A model small enough for tests, with no two sizes alike. */
export const smallConfig: ViTConfig = {
  family: 'vit',
  imageSize: [12, 12],
  channels: 3,
  patchSize: [4, 4],
  width: 8,
  depth: 2,
  heads: 2,
  mlpWidth: 12,
  classifier: 'token',
  classToken: true,
  distilled: false,
  representation: 0,
  classes: 5,
  gelu: 'erf',
  eps: 1e-6,
  qkvBias: true,
  normAfterPool: false,
}

export interface TensorToMake extends TensorInfo {
  readonly values: Float32Array
}

/** Random tensors of a config under a publisher's names; of alternative names the first is used. */
export function tensorsOf(publisher: VitPublisher, config: ViTConfig, seed = 3): TensorToMake[] {
  const [rows, columns] = [0, 1].map((i) => Math.floor(config.imageSize[i]! / config.patchSize[i]!))
  const prefix = Number(config.classToken) + Number(config.distilled)
  const sizes = dimsOf(config, prefix + rows! * columns!)
  const table = publisher.tensors.filter(([, slot]) => hasSlot(slot, config))
  return tensorsOfTable(table, sizes, config.depth, seed)
}

/** Random tensors of the rows of any family's table. */
export function tensorsOfTable(
  table: readonly TensorRow[],
  sizes: Sizes,
  depth: number,
  seed = 3,
): TensorToMake[] {
  const next = random(seed)
  const taken = new Set<string>()
  return table.flatMap(([tensor, slot, shapeText]) => {
    if (taken.has(slot)) return []
    taken.add(slot)
    const shape = shapeOf(shapeText, sizes)
    const count = shape.reduce((product, side) => product * side, 1)
    return Array.from({ length: tensor.includes('#') ? depth : 1 }, (_, block) => ({
      name: tensor.replace('#', String(block)),
      dtype: 'f32' as DType,
      shape,
      values: Float32Array.from({ length: count }, () => next() - 0.5),
    }))
  })
}

/** Random tensors of any config, as a file of ours or of the release names them. */
export async function randomTensors(
  config: AnyConfig,
  names: 'own' | 'official',
): Promise<TensorToMake[]> {
  const { targets } = await (await familyOf(config)).tools()
  return targets(config, names).map(({ name, shape }, seed) => {
    const count = shape.reduce((product, side) => product * side, 1)
    return { name, shape, dtype: 'f32', values: gaussian(seed, count, 0.2) }
  })
}

export const asSafetensors = (
  tensors: readonly TensorToMake[],
  metadata: Record<string, string> = {},
): Promise<Uint8Array> =>
  collectBytes(
    writeSafetensors(
      tensors.map((tensor) => ({ ...tensor, data: () => new Uint8Array(tensor.values.buffer) })),
      metadata,
    ),
  )

export const asNpz = (tensors: readonly TensorToMake[], deflate = false): Uint8Array =>
  zipOf(
    tensors.map(({ name, shape, values }) => ({
      name: `${name}.npy`,
      data: npyF32(shape, values),
      deflate,
    })),
  )

/** The same tensors under other names. */
export const renamed = (tensors: readonly TensorToMake[], rename: (name: string) => string) =>
  tensors.map((tensor) => ({ ...tensor, name: rename(tensor.name) }))
