import kernels from '#inline/kernels.sha256'
import { platform } from '#platform'
import type { Build, KernelUse } from '../builds/builds.ts'

/** The result of a trial of kernels. */
export interface Measured {
  /** Checksum of the bits of the outputs. */
  readonly checksum: number
  /** Milliseconds, as `Trial.times` has them. */
  readonly times: readonly number[]
}

/** What an earlier process measured for the same kernels, engine and processor. */
export async function recall(build: Build, use: KernelUse): Promise<Measured | undefined> {
  const text = platform.notes.recall(nameOf(build, use))
  if (text === undefined) return undefined
  try {
    const { of, checksum, times } = JSON.parse(text)
    const isMeasured =
      Number.isFinite(checksum) && Array.isArray(times) && times.every(Number.isFinite)
    return isMeasured && of === (await circumstances()) ? { checksum, times } : undefined
  } catch {
    return undefined
  }
}

export async function remember(build: Build, use: KernelUse, measured: Measured): Promise<void> {
  // A deployment without the hash of the kernels' sources keeps no notes.
  const of = await circumstances().catch(() => undefined)
  if (of !== undefined) {
    platform.notes.remember(nameOf(build, use), JSON.stringify({ of, ...measured }))
  }
}

const nameOf = (build: Build, { dtype, shared, training }: KernelUse) =>
  `kernels ${build.name} ${dtype}${shared ? ' threads' : ''}${training ? ' training' : ''}`

async function circumstances(): Promise<string> {
  return `${kernels} V8 ${platform.v8?.version} ${platform.v8?.processor()}`
}
