import type { Kernel } from './kernels/kernel.ts'
import { COMPUTE_STAGE } from './usage.ts'

/** Caches the compute pipelines of one device. */
export class Pipelines {
  readonly #gpu: GPUDevice
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>()
  readonly #layouts = new Map<string, GPUBindGroupLayout>()

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu
  }

  /** Compiles asynchronously. Kernels with the same code share a pipeline. */
  get(kernel: Kernel): Promise<GPUComputePipeline> {
    let pipeline = this.#pipelines.get(kernel.code)
    if (!pipeline) {
      pipeline = this.#compile(kernel)
      // Callers see the error when they await it; this avoids an unhandled rejection until then.
      pipeline.catch(() => {})
      this.#pipelines.set(kernel.code, pipeline)
    }
    return pipeline
  }

  /** Kernels with the same kinds of bindings share a layout, and so can share bind groups. */
  layout({ bindings }: Kernel): GPUBindGroupLayout {
    const key = bindings.join()
    let layout = this.#layouts.get(key)
    if (!layout) {
      const types = bindings.map((access) =>
        access === 'write' ? ('storage' as const) : ('read-only-storage' as const),
      )
      layout = this.#gpu.createBindGroupLayout({
        entries: [...types, 'uniform' as const].map((type, binding) => ({
          binding,
          visibility: COMPUTE_STAGE,
          buffer: { type },
        })),
      })
      this.#layouts.set(key, layout)
    }
    return layout
  }

  async #compile(kernel: Kernel): Promise<GPUComputePipeline> {
    const gpu = this.#gpu
    return gpu.createComputePipelineAsync({
      label: kernel.name,
      layout: gpu.createPipelineLayout({ bindGroupLayouts: [this.layout(kernel)] }),
      compute: { module: gpu.createShaderModule({ label: kernel.name, code: kernel.code }) },
    })
  }
}
