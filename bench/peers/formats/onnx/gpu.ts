import type { Format } from '../../../engine/peer.ts'
import { ONNX_FILE } from '../names.ts'
import { spelledAttention } from './attention-nodes.ts'
import { onnxModel } from './model.ts'

/**
 * An .onnx file for ONNX Runtime's GPU kernels: of more than 16 tokens, their fused attention computes
 * something else (1.30, on a GPU in software). This is also what exporters write.
 */
export const format: Format = {
  *files(task, weights) {
    for (const piece of onnxModel(task, weights, spelledAttention)) yield [ONNX_FILE, piece]
  },
}
