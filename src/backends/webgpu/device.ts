import { GpuError, MemoryError, UnsupportedError } from '../../errors.ts'
import { type Abilities, abilitiesOf, dawnOptions } from './features.ts'
import { findGpu } from './gpu.ts'
import type { Matrix } from './kernels/gemm-matrices.ts'
import type { WebgpuBackendOptions } from './options.ts'
import { Pipelines } from './pipelines.ts'
import { Tuning } from './tuning.ts'

/** Limits requested at the adapter's maximum; the defaults of the others are enough. */
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const

/** A GPUDevice and what is known about it. */
export class Device {
  readonly gpu: GPUDevice
  /** The name reported by the GPU, such as `nvidia hopper`. */
  readonly name: string
  /** Whether it is emulated on the CPU. */
  readonly isSoftware: boolean
  /** Whether kernels may use subgroups. */
  readonly subgroups: boolean
  /** The subgroup matrix size, if requested. */
  readonly matrix: Matrix | undefined
  readonly pipelines: Pipelines
  readonly tuning: Tuning
  readonly #owned: boolean
  readonly #waiting = new Set<(error: GpuError) => void>()
  #lost: GpuError | undefined

  /** @param owned whether `destroy` destroys the GPUDevice */
  constructor(
    gpu: GPUDevice,
    info: GPUAdapterInfo | undefined,
    { subgroups, matrix }: Abilities,
    owned: boolean,
  ) {
    this.gpu = gpu
    this.subgroups = subgroups
    this.matrix = matrix
    this.#owned = owned
    const { vendor, architecture, description } = info ?? {}
    this.name = [vendor, architecture || description].filter(Boolean).join(' ') || 'unnamed GPU'
    const words = `${vendor} ${architecture} ${description} ${info?.device}`
    this.isSoftware =
      info?.isFallbackAdapter === true || /swiftshader|llvmpipe|basic render/i.test(words)
    this.pipelines = new Pipelines(gpu)
    this.tuning = new Tuning(this)
    gpu.lost.then(({ reason, message }) => {
      this.#lost = new GpuError(
        `The GPU's device was lost (${reason || 'unknown'}${message ? `: ${message}` : ''}).`,
      )
      for (const reject of this.#waiting) reject(this.#lost)
      this.#waiting.clear()
    })
  }

  /** Why the device was lost; undefined while it works. */
  get lost(): GpuError | undefined {
    return this.#lost
  }

  /** Whether a lost device may be replaced by a new one. */
  get replaceable(): boolean {
    return this.#owned
  }

  /**
   * Awaits a WebGPU promise, which may never settle after a device loss.
   * @throws GpuError where the device is lost first
   */
  async orLost<T>(promise: Promise<T>): Promise<T> {
    // Avoids an unhandled rejection if the device is lost first.
    promise.catch(() => {})
    if (this.#lost) throw this.#lost
    let reject!: (error: GpuError) => void
    const lost = new Promise<never>((_, no) => {
      reject = no
    })
    this.#waiting.add(reject)
    try {
      return await Promise.race([promise, lost])
    } catch (error) {
      // If both fail, report the device loss.
      await Promise.resolve()
      throw this.#lost ?? error
    } finally {
      this.#waiting.delete(reject)
    }
  }

  /**
   * Runs `act` synchronously, then awaits the GPU's verdict: WebGPU reports errors asynchronously.
   * @throws MemoryError where the GPU is out of memory, GpuError where it rejects the commands
   */
  async checked<T>(what: string, act: () => T): Promise<T> {
    const filters = ['validation', 'internal', 'out-of-memory'] as const
    for (const filter of filters) this.gpu.pushErrorScope(filter)
    let scopes: Promise<GPUError | null>[] = []
    let result: T
    try {
      result = act()
    } finally {
      scopes = filters.map(() => this.gpu.popErrorScope())
      for (const scope of scopes) scope.catch(() => {})
    }
    // Scopes are popped in reverse order.
    const [memory, ...others] = await this.orLost(Promise.all(scopes))
    if (memory) throw new MemoryError(`The GPU has no memory for ${what}: ${memory.message}`)
    const refused = others.find((error) => error !== null)
    if (refused) throw new GpuError(`The GPU refused ${what}: ${refused.message}`)
    return result
  }

  destroy(): void {
    if (this.#owned) this.gpu.destroy()
  }
}

/**
 * Opens a GPU, or wraps the caller's device.
 * @throws UnsupportedError where there is no GPU or it lacks a requested feature; ArgumentError for
 *   conflicting options
 */
export async function openDevice(options: WebgpuBackendOptions): Promise<Device> {
  const { powerPreference = 'high-performance' } = options
  if (options.device) {
    const gpu = options.device as GPUDevice
    const { features, adapterInfo: info } = gpu
    const language = globalThis.navigator?.gpu?.wgslLanguageFeatures
    return new Device(gpu, info, abilitiesOf(options, { features, info }, language), false)
  }
  const gpu = await findGpu(dawnOptions(options))
  const adapter = await gpu.requestAdapter({ powerPreference })
  if (!adapter) throw new UnsupportedError('This runtime has WebGPU, but found no GPU.')
  const abilities = abilitiesOf(options, adapter, gpu.wgslLanguageFeatures)
  const requiredLimits = Object.fromEntries(
    wantedLimits.map((name) => [name, adapter.limits[name]]),
  )
  const requiredFeatures = abilities.features
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits })
  return new Device(device, adapter.info, abilities, true)
}
