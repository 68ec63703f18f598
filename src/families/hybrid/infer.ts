import type { Found } from '../../checkpoint/plan/found.ts'
import { sizesIn } from '../../checkpoint/plan/sizes.ts'
import { CheckpointError } from '../../errors.ts'
import { channelsOf, inferEncoder } from '../vit/infer.ts'
import { type HybridConfig, strideOf } from './config.ts'
import type { HybridPublisher } from './names/publisher.ts'

/**
 * Reads a config off the names and shapes of a checkpoint: the ResNet's units off the names; the rest, and what is
 * assumed, as for a ViT.
 * @throws ArgumentError naming a value that the caller must pass; CheckpointError for numbers that no file has
 */
export function inferHybrid(
  model: Found<HybridPublisher>,
  overrides: Partial<HybridConfig>,
  assumed: string[],
): HybridConfig {
  const { sizes } = sizesIn(model)
  const units = overrides.units ?? countUnits(model)
  const encoder = inferEncoder(model, overrides, assumed, strideOf(units))
  return {
    family: 'hybrid',
    ...encoder,
    channels: channelsOf(sizes.c ?? 3, model.file.name),
    units,
    stemWidth: sizes.S ?? 0,
    ...model.publisher.defaults,
    ...overrides,
  }
}

/** The units of each stage: one more than the largest number of one. A stage between others has one at least. */
function countUnits({ file, publisher, stored }: Found<HybridPublisher>): number[] {
  const units: number[] = []
  for (const name of stored.keys()) {
    const [, ...numbers] = publisher.others.exec(name) ?? []
    if (numbers.length === 0) continue
    const [stage, unit] = numbers.map((number) => Number(number) - publisher.firstNumber)
    if (Math.max(stage!, unit!) >= file.tensors.size || Math.min(stage!, unit!) < 0) {
      throw new CheckpointError(
        `${file.name} has the tensor ${name.slice(0, 200)}, a unit of a number that no ResNet with ${file.tensors.size} tensors has.`,
      )
    }
    units[stage!] = Math.max(units[stage!] ?? 0, unit! + 1)
  }
  return Array.from(units, (count) => count ?? 1)
}
