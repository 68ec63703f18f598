// The exports of a kernel module: the interpreter, weight packing, and the single kernels, which tests call
// by name. An exported function is not inlined, so each micro-kernel stays a separate function. That
// matters because WebAssembly has no on-stack replacement: a loop over a whole product would stay in the
// baseline code in which it started.
export { run, share } from "./run";
export { packPanels } from "./gemm/panels";
export { quantizePanel } from "./gemm/integer-panels";
export { dequantizePanel, packInt8Panels, settleInt8Panel } from "./gemm/int8-panels";
export { packIntegerRow } from "./gemm/integer-pack";
export * from "./pointwise";
export { attentionScratchFloats } from "./attention";
export { layerNormRow } from "./layernorm";
export * from "./gemm/microkernel";
export * from "./gemm/integer-microkernel";
