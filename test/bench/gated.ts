import { ProgramBuilder } from '../../src/program/builder.ts'
import { attention } from '../../src/program/layers/attention.ts'
import { constant } from '../../src/program/layers/constant.ts'
import { glu } from '../../src/program/layers/glu.ts'
import { linear } from '../../src/program/layers/linear.ts'
import { rmsNorm } from '../../src/program/layers/rms-norm.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import type { Program } from '../../src/program/program.ts'

/** What no family of the benchmark has yet: a gated MLP, other activations, and pooling by attention of a constant. */
export function gatedProgram(): Program {
  const net = new ProgramBuilder()
  const x = net.input('x', [6, 8])
  const packed = linear(net, 'blocks.0.fc1', rmsNorm(net, 'norm', x, 1e-6), 20)
  const gated = linear(net, 'blocks.0.fc2', glu(net, 'gate', packed), 8, { residual: x })
  const silu = linear(net, 'blocks.1.fc1', gated, 12, { activation: 'silu' })
  const quick = linear(net, 'blocks.1.fc2', silu, 8, { activation: 'quick_gelu', residual: gated })
  const probe = constant(net, 'probe', [2, 8])
  const keyValue = linear(net, 'blocks.1.key_value', quick, 16)
  const pooled = attention(net, 'pooled', linear(net, 'blocks.1.query', probe, 8), keyValue, 2)
  return withOutputs(net.build({ out: linear(net, 'out', pooled, 8, { residual: probe }) }), [
    'out',
  ])
}
