import { outputOf } from '../../../cases/case.ts'
import type { Format, Task, Weights } from '../../../engine/peer.ts'
import { TFLITE_FILE } from '../names.ts'
import { encodeTflite } from './file.ts'
import { keyValueLayer } from './key-values.ts'
import { Lowering } from './lowering.ts'
import { lowerOp } from './ops/ops.ts'

export const format: Format = {
  *files(task, weights) {
    const { batch } = task.bench
    // Attention over one image in three dimensions is 1 to 3 % faster on XNNPACK.
    yield [TFLITE_FILE, tfliteModel(task, weights, batch === 1 ? [] : [batch])]
  },
}

/**
 * A case as a .tflite file, made of operators that XNNPACK takes over: a layer norm is several of
 * them, since there is no operator for it; keys and values are layers of their own; the scale of
 * attention is in the weights of the queries. The images of a batch lie one below the other,
 * `[batch * rows, columns]`.
 *
 * In int8 it is TensorFlow Lite's dynamic-range quantisation: int8 weights with a scale for each
 * output; activations are quantised row by row on the way into a layer.
 * @param outer the dimensions before `[rows, columns]` where images are told apart: `[batch]`, or
 *   none for one image
 * @throws UnsupportedError above 2 GB, and where the softmax weights of attention are asked for
 */
export function tfliteModel(task: Task, weights: Weights, outer: readonly number[]): Uint8Array {
  const { program } = task
  const lowering = new Lowering(task, weights, outer)
  for (const op of program.ops) {
    if (op.op === 'linear' && lowering.keyValueLayers.has(op.output)) keyValueLayer(op, lowering)
    else lowering.define(op.output, lowerOp(op, lowering))
  }
  const { graph, input } = lowering
  const output = lowering.tensor(outputOf(program).id)
  return encodeTflite({ tensors: graph.tensors, operators: graph.operators, input, output })
}
