import type { ModelConfig } from '../checkpoint/model-config.ts'
import { familyOf } from './registry.ts'

/** How many parameters a model of this config has in a file, those of all its towers. */
export async function countParameters(config: ModelConfig): Promise<number> {
  const { targets } = await (await familyOf(config)).tools()
  const counts = targets(config, 'own').map(({ shape }) => shape.reduce((a, side) => a * side, 1))
  return counts.reduce((sum, count) => sum + count, 0)
}
