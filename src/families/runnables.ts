import type { ModelConfig } from '../checkpoint/model-config.ts'
import { byName } from './architectures.ts'
import type { Runnable } from './runnable.ts'
import { runnableViT } from './vit/runnable.ts'

/** Every family that is run, without what only files of other publishers need. */
export const runnables: readonly Runnable[] = [runnableViT]

/** @throws UnsupportedError naming a family that is not run here */
export const runnableOf = ({ family }: Pick<ModelConfig, 'family'>): Runnable =>
  byName(runnables, family)
