import { GpuError, MemoryError, UnsupportedError } from '../../errors.ts'
import type { Dtype } from '../backend.ts'
import { findGpu } from './gpu.ts'
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
  readonly pipelines: Pipelines
  readonly tuning: Tuning
  readonly #owned: boolean
  readonly #waiting = new Set<(error: GpuError) => void>()
  #lost: GpuError | undefined

  /** @param owned whether it is ours to destroy */
  constructor(gpu: GPUDevice, info: GPUAdapterInfo | undefined, owned: boolean) {
    this.gpu = gpu
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
 * @throws UnsupportedError where there is none, or it lacks what the type needs
 */
export async function openDevice(options: WebgpuBackendOptions): Promise<Device> {
  const { dtype = 'f32', powerPreference = 'high-performance' } = options
  if (options.device) {
    const gpu = options.device as GPUDevice
    requireType(dtype, gpu.features)
    return new Device(gpu, gpu.adapterInfo, false)
  }
  const gpu = await findGpu(dawnOptions(dtype, options.dawn))
  const adapter = await gpu.requestAdapter({ powerPreference })
  if (!adapter) throw new UnsupportedError('There is WebGPU here, but no GPU for it.')
  requireType(dtype, adapter.features)
  const requiredFeatures = (['shader-f16'] as const).filter(
    (name) => dtype === 'f16' && adapter.features.has(name),
  )
  const requiredLimits = Object.fromEntries(
    wantedLimits.map((name) => [name, adapter.limits[name]]),
  )
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits })
  return new Device(device, adapter.info, true)
}

function requireType(dtype: Dtype, features: { has(name: string): boolean }): void {
  if (dtype !== 'f32' && dtype !== 'f16') {
    throw new UnsupportedError(`The GPU computes in f32 and f16 here, not in ${dtype}.`)
  }
  if (dtype === 'f16' && !features.has('shader-f16')) {
    throw new UnsupportedError('This GPU, or its driver, has no f16 (shader-f16); f32 it has.')
  }
}

/** Dawn hides f16 on NVIDIA's Vulkan, whose driver fails some conformance tests, unless told not to. */
function dawnOptions(dtype: Dtype, given: readonly string[] = []): readonly string[] {
  if (dtype !== 'f16' || given.some((option) => option.startsWith('enable-dawn-features='))) {
    return given
  }
  return [...given, 'enable-dawn-features=vulkan_enable_f16_on_nvidia']
}
