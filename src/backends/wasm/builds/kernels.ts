import { wasmFile } from '../../../inlined/wasm-files.ts'
import { compile } from '../v8/compile.ts'
import type { Build } from './builds.ts'

/** A micro-kernel: a tile of C from a packed tile of A and a panel of B; see assembly/gemm/template.mjs. */
export type MicroKernel = (
  a: number,
  b: number,
  c: number,
  stride: number,
  inner: number,
  bias: number,
  residual: number,
  residualStride: number,
) => void

/** The exports of assembly/index.ts. Addresses are unsigned; wasm returns signed ones. */
export interface Kernels {
  readonly MR: WebAssembly.Global
  readonly NR: WebAssembly.Global
  readonly INTEGER_MR: WebAssembly.Global
  run(
    tape: number,
    from: number,
    to: number,
    control: number,
    scratch: number,
    thread: number,
    threads: number,
  ): number
  share(tape: number, index: number, scratch: number, part: number, parts: number): void
  packPanels(
    source: number,
    count: number,
    panels: number,
    inner: number,
    row: number,
    column: number,
    rows: number,
    columns: number,
    transposed: number,
    start: number,
  ): void
  quantizePanel(
    source: number,
    target: number,
    scratch: number,
    inner: number,
    quantization: number,
  ): void
  packInt8Panels(
    source: number,
    scales: number,
    count: number,
    panels: number,
    inner: number,
    column: number,
    start: number,
  ): void
  settleInt8Panel(panel: number, scratch: number, inner: number): void
  dequantizePanel(panel: number, target: number, inner: number): void
  packIntegerRow(
    source: number,
    packed: number,
    row: number,
    rows: number,
    columns: number,
    quantization: number,
  ): void
  attentionScratchFloats(tokens: number, headWidth: number): number
  softmaxColumns(s: number, rows: number, inverse: number): void
  layerNormRow(
    x: number,
    y: number,
    scale: number,
    bias: number,
    columns: number,
    eps: number,
  ): void
  rowGeluErf(row: number): void
  rowGeluTanh(row: number): void
  rowGeluNear(row: number, table: number): void
  readonly NEAR_ERF: WebAssembly.Global
  readonly NEAR_TANH: WebAssembly.Global
  rowTanh(row: number): void
  readonly tile: (rows: number, ...rest: Parameters<MicroKernel>) => void
  readonly integerTile: (rows: number, ...rest: Parameters<MicroKernel>) => void
}

const compiled = new Map<string, Promise<WebAssembly.Module>>()

export interface CompileOptions {
  /** Whether the module imports a shared memory. A module accepts only its own kind. */
  readonly shared?: boolean
  /** Whether V8 compiles this module with 256-bit fusion; see v8/wide.ts. */
  readonly fused?: boolean
}

/** The compiled module of a build; each is compiled once per process. */
export function compileBuild(
  build: Build,
  { shared = false, fused = false }: CompileOptions = {},
): Promise<WebAssembly.Module> {
  const name = shared ? (`${build.name}-threads` as const) : build.name
  const key = `${name} ${fused}`
  let module = compiled.get(key)
  if (!module) {
    module = wasmFile(name).then((file) => {
      if (!(file instanceof Uint8Array)) return file
      return compile(fused ? marked(file) : file)
    })
    compiled.set(key, module)
    module.catch(() => compiled.delete(key))
  }
  return module
}

/** Appends an empty custom section. V8 shares compiled code between modules of the same bytes, so the
 * fused module must differ from the plain one. */
function marked(module: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(module.length + 3)
  bytes.set(module)
  bytes.set([0, 1, 0], module.length)
  return bytes
}

/** Kernels over a memory. The modules import nothing else. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const instance = new WebAssembly.Instance(module, { env: { memory } })
  return instance.exports as unknown as Kernels
}
