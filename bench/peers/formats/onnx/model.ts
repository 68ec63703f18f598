import { onlyInput } from '../../../../src/backends/inputs.ts'
import { outputOf } from '../../../cases/case.ts'
import type { Format, Task, Weights } from '../../../engine/peer.ts'
import { ONNX_FILE } from '../names.ts'
import { type AttentionNodes, fusedAttention } from './attention-nodes.ts'
import { encodeOnnx } from './file.ts'
import { keyValueLayer } from './key-values.ts'
import { Lowering } from './lowering.ts'
import { lowerOp } from './ops/ops.ts'

export const format: Format = {
  *files(task, weights) {
    for (const piece of onnxModel(task, weights, fusedAttention)) yield [ONNX_FILE, piece]
  },
}

/**
 * A case as an .onnx file with the input `input` and the output `output`, in the form that ONNX
 * Runtime is fastest with: two-dimensional Gemm for every linear layer (its bias costs nothing
 * there), keys and values as layers of their own, Microsoft's fused attention. The images of a batch
 * lie one below the other, `[batch * rows, columns]`. The features of a ResNet are planes, see `planes.ts`.
 *
 * In int8 it is what ONNX Runtime's `quantize_dynamic` makes, with a scale for each column of the
 * weights: activations are quantised to u8 at run time, by their range.
 * @throws UnsupportedError above 2 GB, and where the softmax weights of attention are asked for
 */
export function onnxModel(
  task: Task,
  weights: Weights,
  attend: AttentionNodes,
): Iterable<Uint8Array> {
  const { program } = task
  const lowering = new Lowering(task, weights, attend)
  for (const op of program.ops) {
    if (op.op === 'linear' && lowering.keyValueLayers.has(op.output)) keyValueLayer(op, lowering)
    else lowerOp(op, lowering)
  }
  // Turned, where it is planes.
  lowering.name(outputOf(program).id)
  return encodeOnnx({
    nodes: lowering.graph.nodes,
    initializers: lowering.graph.initializers,
    input: { name: 'input', dims: lowering.stacked(onlyInput(program).id) },
    output: { name: 'output', dims: lowering.stacked(outputOf(program).id) },
  })
}
