import { GpuError, MemoryError, UnsupportedError } from '../../errors.ts'
import { type Abilities, abilitiesOf, dawnOptions } from './features.ts'
import { findGpu } from './gpu.ts'
import type { Matrix } from './kernels/gemm-matrices.ts'
import type { WebgpuBackendOptions } from './options.ts'
import { Pipelines } from './pipelines.ts'
import { Tuning } from './tuning.ts'

/** Limits that are asked for as high as the adapter has them; the others are enough as they are. */
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const

/** A GPUDevice with what is known about it. */
export class Device {
  readonly gpu: GPUDevice
  /** What the GPU says that it is: `nvidia hopper`. */
  readonly name: string
  /** A CPU that plays a GPU. */
  readonly isSoftware: boolean
  /** Whether kernels may use its subgroups. */
  readonly subgroups: boolean
  /** What its subgroups multiply, where that was asked for. */
  readonly matrix: Matrix | undefined
  readonly pipelines: Pipelines
  readonly tuning: Tuning
  readonly #owned: boolean
  readonly #waiting = new Set<(error: GpuError) => void>()
  #lost: GpuError | undefined

  /** @param owned whether it is ours to destroy */
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

  /** Why it can't be used any more. */
  get lost(): GpuError | undefined {
    return this.#lost
  }

  /** Whether another may be asked for in its place. */
  get replaceable(): boolean {
    return this.#owned
  }

  /**
   * What a promise of WebGPU gives; some never settle once the device is lost.
   * @throws GpuError where the device is lost first
   */
  async orLost<T>(promise: Promise<T>): Promise<T> {
    // Where nobody waits for it any more, its failure is nobody's.
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
      // Whichever fails first, a lost device is the reason.
      await Promise.resolve()
      throw this.#lost ?? error
    } finally {
      this.#waiting.delete(reject)
    }
  }

  /**
   * Does something at once, and waits for what the GPU has to say against it, which is told aside.
   * @throws MemoryError where the GPU has none left, GpuError for what it does not allow
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
    // The last that was opened is the first to be closed.
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
 * Opens a GPU, or takes the program's own.
 * @throws UnsupportedError where there is none, or it lacks what the options ask for; ArgumentError for
 *   options that do not go together
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
  if (!adapter) throw new UnsupportedError('There is WebGPU here, but no GPU for it.')
  const abilities = abilitiesOf(options, adapter, gpu.wgslLanguageFeatures)
  const requiredLimits = Object.fromEntries(
    wantedLimits.map((name) => [name, adapter.limits[name]]),
  )
  const requiredFeatures = abilities.features
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits })
  return new Device(device, adapter.info, abilities, true)
}
