import type { Runnable } from '../runnable.ts'
import { hybridArchitecture } from './architecture.ts'
import type { HybridConfig } from './config.ts'
import { hybridLayout } from './layout.ts'
import { timm } from './names/timm.ts'

export const runnableHybrid: Omit<Runnable<HybridConfig>, 'createRunner'> = {
  ...hybridArchitecture,
  ownNames: timm,
  layout: hybridLayout,
}
