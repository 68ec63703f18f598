// The exports of a kernel module for training: those of ../index.ts, with an interpreter of more records.
export { run, share } from "./run";
export { packPanels } from "../gemm/panels";
export { attentionScratchFloats } from "../attention";
export { layerNormRow } from "../layernorm";
export * from "../pointwise";
export * from "./pointwise";
export * from "../gemm/microkernel";
export * from "../gemm/integer-microkernel";
