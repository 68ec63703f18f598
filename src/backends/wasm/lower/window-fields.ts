import { WindowField } from '../../../../assembly/tape.ts'
import type { Window } from '../../../program/ops/window.ts'
import type { ValueId } from '../../../program/values.ts'
import type { Lowering } from './lowering.ts'
import type { Word } from './tape-writer.ts'

/** What records of windows say of them. */
export function windowFields(
  op: { readonly input: ValueId; readonly window: Window },
  lowering: Lowering,
): Record<number, Word> {
  const { grid, size, stride, before, outputs } = op.window
  return {
    [WindowField.Channels]: lowering.shape(op.input)[1],
    [WindowField.GridRows]: grid[0],
    [WindowField.GridColumns]: grid[1],
    [WindowField.OutputColumns]: outputs[1],
    [WindowField.SizeRows]: size[0],
    [WindowField.SizeColumns]: size[1],
    [WindowField.StrideRows]: stride[0],
    [WindowField.StrideColumns]: stride[1],
    [WindowField.BeforeRows]: before[0],
    [WindowField.BeforeColumns]: before[1],
  }
}
