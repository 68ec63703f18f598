import type { ModelConfig } from '../checkpoint/model-config.ts'
import { UnsupportedError } from '../errors.ts'
import { show } from '../show.ts'
import { dualFamilies } from './dual/members.ts'
import type { Runnable } from './runnable.ts'
import { visionFamilies } from './vision/members.ts'
import { runnableViT } from './vit/runnable.ts'

/** Families that are loaded with the first model of theirs; most programs have plain ViTs only. */
const others: Readonly<Record<string, () => Promise<Runnable>>> = {
  hybrid: async () => (await import('./hybrid/runnable.ts')).runnableHybrid,
  mixer: async () => (await import('./mixer/runnable.ts')).runnableMixer,
  lit: async () => (await import('./lit/runnable.ts')).runnableLiT,
  ...Object.fromEntries(
    visionFamilies.map((name) => [
      name,
      async () => (await import('./vision/runnable.ts')).runnableVision(name),
    ]),
  ),
  ...Object.fromEntries(
    dualFamilies.map((name) => [
      name,
      async () => (await import('./dual/runnable.ts')).runnableDual(name),
    ]),
  ),
}

/** The names of all families. */
export const familyNames: readonly string[] = [runnableViT.name, ...Object.keys(others)]

/** @throws UnsupportedError naming a family that is not run here */
export async function runnableOf({ family }: Pick<ModelConfig, 'family'>): Promise<Runnable> {
  if (family === runnableViT.name) return runnableViT
  if (Object.hasOwn(others, family)) return others[family]!()
  throw new UnsupportedError(
    `There is no family ${show(family)} here, only ${familyNames.join(', ')}; a newer version of this package may run it.`,
  )
}
