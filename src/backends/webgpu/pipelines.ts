import type { Kernel } from './kernels/kernel.ts'
import { COMPUTE_STAGE } from './usage.ts'

/** A kernel's pipelines on one device, each made once. */
export class Pipelines {
  readonly #gpu: GPUDevice
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>()
  readonly #layouts = new Map<string, GPUBindGroupLayout>()

  constructor(gpu: GPUDevice) {
    this.#gpu = gpu
  }

  /** Compiles beside the caller; kernels of the same text are the same pipeline. */
  get(kernel: Kernel): Promise<GPUComputePipeline> {
    let pipeline = this.#pipelines.get(kernel.code)
    if (!pipeline) {
      pipeline = this.#compile(kernel)
      // Who waits for it sees the error; until then nobody might.
      pipeline.catch(() => {})
      this.#pipelines.set(kernel.code, pipeline)
    }
    return pipeline
  }

  /** The same object for kernels with the same kinds of bindings, which may then share bind groups. */
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
