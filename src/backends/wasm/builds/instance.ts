import type { Interpreter } from '../threads/protocol.ts'

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
  run: Interpreter
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
    rms: number,
  ): void
  rowGeluErf(row: number): void
  rowSigmoid(row: number, table: number): void
  readonly SIGMOIDS: WebAssembly.Global
  rowGeluNear(row: number, table: number): void
  readonly NEAR_ERF: WebAssembly.Global
  readonly NEAR_TANH: WebAssembly.Global
  rowTanh(row: number): void
  readonly tile: (rows: number, ...rest: Parameters<MicroKernel>) => void
  readonly integerTile: (rows: number, ...rest: Parameters<MicroKernel>) => void
}

/** Kernels over a memory. The modules import nothing else. */
export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const instance = new WebAssembly.Instance(module, { env: { memory } })
  return instance.exports as unknown as Kernels
}
