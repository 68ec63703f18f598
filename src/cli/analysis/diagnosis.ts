import { stat } from 'node:fs/promises'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Backend } from '../../backends/backend.ts'
import { zeroInputs } from '../../backends/inputs.ts'
import { engineFeatures, type Features } from '../../backends/wasm/builds/features.ts'
import { createWasmBackend } from '../../backends/wasm/wasm.ts'
import { model as embeddedModel } from '../../embedded/model.ts'
import { UnsupportedError } from '../../errors.ts'
import { programOf } from '../../families/architectures.ts'
import { variantConfigOf } from '../../families/published.ts'
import { withOutputs } from '../../program/passes/outputs.ts'
import { matrixFlops } from '../../program/passes/work.ts'
import { packageVersion } from '../package-root.ts'

/** The result of `vitrine doctor`. */
export interface Diagnosis {
  readonly version: string
  readonly runtime: { readonly name: string; readonly version: string; readonly v8?: string }
  readonly machine: {
    readonly platform: string
    readonly architecture: string
    readonly cpu: string
    readonly cores: number
    /** Bytes. */
    readonly memory: number
    readonly freeMemory: number
  }
  readonly webassembly: {
    readonly simd: boolean
    readonly relaxedSimd: boolean
    /** How dot products of bytes are computed. */
    readonly dotProduct: Features['dot']
    /** Whether several threads can share WebAssembly memory. */
    readonly threads: boolean
    readonly sharedArrayBuffer: boolean
  }
  /** The kernels that run here; missing if none do. */
  readonly kernels?: { readonly build: string; readonly reason: string; readonly speed: Speed }
  /** The default number of threads, and its reason. */
  readonly threads?: { readonly count: number; readonly reason: string }
  /** The model that comes with the package. */
  readonly model: { readonly path?: string; readonly bytes: number }
  /** What would make this machine faster. */
  readonly advice: readonly string[]
}

export interface Speed {
  readonly variant: string
  /** The fastest of a few forward passes for one image. */
  readonly milliseconds: number
  readonly gflops: number
}

const MEASURED = 'ViT-Ti_16'
const PASSES = 5

/** Examines machine, runtime and engine, and measures the kernels that were chosen. */
export async function diagnose(signal: AbortSignal): Promise<Diagnosis> {
  const runtime = describeRuntime()
  const webassembly = { ...(await probeEngine()), ...probeThreads() }
  const backend = await chooseBackend()
  const model = await findModel()
  const kernels = backend && { ...chosen(backend), speed: await measure(backend, signal) }
  return {
    version: packageVersion(),
    runtime,
    machine: {
      platform: process.platform,
      architecture: process.arch,
      cpu: os.cpus()[0]?.model.trim() ?? 'unknown CPU',
      cores: os.availableParallelism(),
      memory: os.totalmem(),
      freeMemory: os.freemem(),
    },
    webassembly,
    ...(kernels && { kernels }),
    ...(backend?.threads && { threads: backend.threads }),
    model,
    advice: advise({ webassembly, model, runtime, reason: kernels?.reason }),
  }
}

function describeRuntime(): Diagnosis['runtime'] {
  const { bun, deno, node, v8 } = process.versions
  if (bun) return { name: 'Bun', version: bun }
  if (deno) return { name: 'Deno', version: deno, v8 }
  return { name: 'Node.js', version: node, v8 }
}

async function probeEngine() {
  const { simd, relaxed, dot } = await engineFeatures()
  return { simd, relaxedSimd: relaxed, dotProduct: dot }
}

function probeThreads() {
  const sharedArrayBuffer = typeof SharedArrayBuffer === 'function'
  try {
    new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
    return { threads: sharedArrayBuffer, sharedArrayBuffer }
  } catch {
    return { threads: false, sharedArrayBuffer }
  }
}

async function chooseBackend(): Promise<Backend | undefined> {
  try {
    return await createWasmBackend({ blocking: true })
  } catch (error) {
    if (error instanceof UnsupportedError) return undefined
    throw error
  }
}

/** Splits a backend's description, `relaxed16: 256 bits …`. */
function chosen({ description }: Backend): { build: string; reason: string } {
  const colon = description.indexOf(': ')
  return { build: description.slice(0, colon), reason: description.slice(colon + 2) }
}

/** Times forward passes with weights of zero: they take as long as any others. */
async function measure(backend: Backend, signal: AbortSignal): Promise<Speed> {
  const program = withOutputs(programOf(variantConfigOf(MEASURED)), ['logits'])
  const model = backend.createModel(program.weights)
  try {
    const executable = model.compile(program)
    const inputs = zeroInputs(program)
    let best = Number.POSITIVE_INFINITY
    for (let pass = 0; pass <= PASSES; pass++) {
      const start = performance.now()
      await executable.run(inputs, { signal })
      best = Math.min(best, performance.now() - start)
    }
    return {
      variant: MEASURED,
      milliseconds: Math.round(best * 10) / 10,
      gflops: Math.round(matrixFlops(program) / best / 1e5) / 10,
    }
  } finally {
    model.dispose()
  }
}

async function findModel(): Promise<Diagnosis['model']> {
  const path = fileURLToPath(embeddedModel)
  try {
    return { path, bytes: (await stat(path)).size }
  } catch {
    return { bytes: 0 }
  }
}

function advise({
  webassembly,
  model,
  runtime,
  reason = '',
}: Pick<Diagnosis, 'webassembly' | 'model' | 'runtime'> & {
  reason: string | undefined
}): string[] {
  const rules: readonly (readonly [applies: boolean, advice: string])[] = [
    [
      !webassembly.simd,
      'This engine has no WebAssembly SIMD: use Node.js 20 or newer on a CPU with SSE4.1 or NEON. Until then only --backend reference runs, slowly.',
    ],
    [
      webassembly.simd && !webassembly.relaxedSimd,
      'This engine has no relaxed SIMD (fused multiply-add); Node.js 22 and newer have it and run faster.',
    ],
    [
      webassembly.relaxedSimd && /not among the tested versions/.test(reason),
      `256-bit instructions are used only on tested versions of Node.js; ${runtime.version} is not one of them yet.`,
    ],
    [
      /turned off by VITRINE_WIDE/.test(reason),
      'Unset VITRINE_WIDE to allow 256-bit instructions.',
    ],
    [
      model.path === undefined,
      'The embedded model is missing: install the package again, or pass --weights.',
    ],
  ]
  return rules.filter(([applies]) => applies).map(([, advice]) => advice)
}
