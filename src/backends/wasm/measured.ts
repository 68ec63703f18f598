import { platform } from '#platform'
import { crc32 } from '../../bytes/crc32.ts'
import { type Build, type KernelUse, kernelsOf } from './kernels.ts'

/** What a trial of kernels found. */
export interface Measured {
  /** Checksum of the bits of what they compute. */
  readonly answer: number
  /** Milliseconds, as `Trial.times` has them. */
  readonly times: readonly number[]
}

/** What an earlier process has found for the same kernels, engine and processor. */
export async function recall(build: Build, use: KernelUse): Promise<Measured | undefined> {
  const text = platform.notes.recall(nameOf(build, use))
  if (text === undefined) return undefined
  try {
    const { of, answer, times } = JSON.parse(text)
    const isMeasured = Array.isArray(times) && times.every(Number.isFinite)
    return isMeasured && of === (await circumstances(build, use)) ? { answer, times } : undefined
  } catch {
    return undefined
  }
}

export async function remember(build: Build, use: KernelUse, measured: Measured): Promise<void> {
  const note = { of: await circumstances(build, use), ...measured }
  platform.notes.remember(nameOf(build, use), JSON.stringify(note))
}

const nameOf = (build: Build, { dtype, shared }: KernelUse) =>
  `kernels ${build.name} ${dtype}${shared ? ' threads' : ''}`

async function circumstances(build: Build, { shared }: KernelUse): Promise<string> {
  const kernels = crc32(await platform.readAsset(kernelsOf(build, shared)))
  return `${kernels} V8 ${platform.v8?.version} ${platform.v8?.processor()}`
}
