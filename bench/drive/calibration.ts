import { type CeilingKind, ceilingKinds, createLoop, type Loop } from './ceiling.ts'

/** Below this share of the machine's best speed, another process is using it. */
export const NOISY = 0.85

/** How long one look at the machine takes, in milliseconds. */
const LOOK = 8

/** Times that a loop is run before it is believed: until compilers are done with it. */
const WARM_LOOKS = 40

export interface Calibrator {
  /** The best rate of each kind of instruction, GFLOP/s of one core. */
  readonly ceilings: Readonly<Partial<Record<CeilingKind, number>>>
  /** GFLOP/s of the fastest of the loops at this moment. */
  look(): number
}

/**
 * Measures the ceilings, and keeps the fastest loop for looks at the machine.
 * @param fused called around what may be fused to 256 bits; undefined where nothing can be
 */
export async function createCalibrator(
  fused: ((action: () => Promise<void>) => Promise<void>) | undefined,
  pause: () => Promise<void>,
): Promise<Calibrator> {
  const ceilings: Partial<Record<CeilingKind, number>> = {}
  let fastest: { loop: Loop; rate: number } | undefined
  const measure = async (kind: CeilingKind) => {
    const loop = createLoop(kind)
    if (!loop) return
    let rate = 0
    for (let i = 0; i < WARM_LOOKS; i++) {
      rate = Math.max(rate, loop.rate(LOOK / 2))
      await pause()
    }
    ceilings[kind] = rate
    if (!fastest || rate > fastest.rate) fastest = { loop, rate }
  }
  for (const kind of ceilingKinds) {
    if (!kind.includes('256')) await measure(kind)
    else if (fused) await fused(() => measure(kind))
  }
  const { loop } = fastest!
  return { ceilings, look: () => loop.rate(LOOK) }
}
