import type { ModelConfig } from '../checkpoint/model-config.ts'
import { byName } from './architectures.ts'
import type { Family } from './family.ts'
import { vit } from './vit/family.ts'

/** Every family that is read and run. Of two that fit a file, the first one counts. */
export const families: readonly Family[] = [vit]

/** @throws UnsupportedError naming a family that is not run here */
export const familyOf = ({ family }: Pick<ModelConfig, 'family'>): Family =>
  byName(families, family)
