// What a module of kernels exports: the interpreter, the packing of weights, and the single kernels,
// which tests call by name. An exported function is not inlined, so each micro-kernel stays a
// function of its own: WebAssembly has no on-stack replacement, and a loop that runs for a whole
// product would stay in the baseline code that it was entered in.
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
