import { WindowField } from '../../../../assembly/tape.ts'
import type { Window } from '../../../program/ops/window.ts'
import type { ValueId } from '../../../program/values.ts'
import type { Lowering } from './lowering.ts'
import type { Word } from './tape-writer.ts'

/** The fields that all records of windows over one image's positions share. */
export function windowFields(
  input: ValueId,
  window: Window,
  image: number,
  lowering: Lowering,
): Record<number, Word> {
  const { grid, size, stride, before, outputs } = window
  return {
    [WindowField.Input]: lowering.rowOf(input, image),
    [WindowField.InputStride]: lowering.locate(input).stride,
    [WindowField.Channels]: lowering.shape(input)[1],
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
