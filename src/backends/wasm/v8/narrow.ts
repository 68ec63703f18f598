import { platform } from '#platform'
import type { Dtype } from '../../backend.ts'
import { type Build, builds } from '../builds/builds.ts'
import { engineFeatures } from '../builds/features.ts'

export interface WideChoice {
  readonly use: boolean
  /** The chosen kernels. */
  readonly build: Build
  readonly reason: string
}

/**
 * The two builds to choose between. int16 promises the same bits on every machine, so it does not use relaxed
 * SIMD, whose rounding depends on the machine.
 */
export interface Pair {
  readonly narrow: Build
  readonly wide: Build
}

/** The fastest kernels of 128 bits, and their counterparts for 256. */
export async function pairOf(dtype: Dtype): Promise<Pair> {
  const named = (name: string) => builds.find((build) => build.name === name)!
  const dot = dtype === 'int8' && (await engineFeatures()).dot === 'native'
  const kind = dtype === 'int16' ? 'simd' : dot ? 'dot' : 'relaxed'
  return { narrow: named(`${kind}8`), wide: named(`${kind}16`) }
}

export const narrowBecause = ({ narrow }: Pair, reason: string): WideChoice => ({
  use: false,
  build: narrow,
  reason: `128 bits: ${reason}`,
})

/** Why 256 bits are not tried, whatever the processor; wide.ts knows the reasons that lie in V8. */
export function findObstacle(wanted: boolean | undefined): string | undefined {
  if (wanted === false) return 'turned off by the option wide'
  if (platform.environment('VITRINE_WIDE') === '0') return 'turned off by VITRINE_WIDE=0'
  return platform.v8 ? undefined : 'this runtime has no switch for V8’s 256-bit pass'
}
