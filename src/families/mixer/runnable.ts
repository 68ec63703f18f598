import type { Runnable } from '../runnable.ts'
import { mixerArchitecture } from './architecture.ts'
import type { MixerConfig } from './config.ts'
import { mixerLayout } from './layout.ts'
import { timm } from './names/timm.ts'

export const runnableMixer: Omit<Runnable<MixerConfig>, 'createRunner'> = {
  ...mixerArchitecture,
  ownNames: timm,
  layout: mixerLayout,
}
