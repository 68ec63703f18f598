import { inputsOf, type Op } from '../../../../src/program/ops/operations.ts'
import type { Grid } from '../../../../src/program/ops/window.ts'
import type { Program } from '../../../../src/program/program.ts'
import type { ValueId } from '../../../../src/program/values.ts'
import { arePatches } from '../windows.ts'

/**
 * The values that are written as planes, `[batch, columns, grid rows, grid columns]`, with their grids: the features of
 * a ResNet, whose operators ONNX has for planes only. Layers between its norms stay among them, as 1 x 1 convolutions.
 */
export function planeGrids(program: Program): ReadonlyMap<ValueId, Grid> {
  const grids = new Map<ValueId, Grid>()
  const onlyNormsRead = (id: ValueId) => {
    const readers = program.ops.filter((op) => inputsOf(op).includes(id))
    const isOutput = Object.values(program.outputs).includes(id)
    return !isOutput && readers.every((op) => op.op === 'group_norm')
  }
  const gridOf = (op: Op): Grid | undefined => {
    switch (op.op) {
      case 'conv2d':
        return arePatches(op.window) ? undefined : op.window.outputs
      case 'max_pool':
        return op.window.outputs
      case 'group_norm':
        return grids.get(op.input) ?? [program.values[op.input]!.shape[0], 1]
      case 'linear': {
        const isPlain = op.activation === 'none' && op.residual === undefined
        return isPlain && onlyNormsRead(op.output) ? grids.get(op.input) : undefined
      }
    }
    return undefined
  }
  for (const op of program.ops) {
    const grid = gridOf(op)
    if (grid) grids.set(op.output, grid)
  }
  return grids
}
