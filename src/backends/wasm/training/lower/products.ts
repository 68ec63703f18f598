import { WindowField } from '../../../../../assembly/tape.ts'
import {
  ColumnsPackField,
  PanelPackField,
  PanelProductField,
  PanelTransposeField,
  TrainingOpcode,
} from '../../../../../assembly/training/tape.ts'
import type { ValueId, WeightId } from '../../../../program/values.ts'
import type { Slot, Word } from '../../lower/tape-writer.ts'
import type { Shared, TrainingLowering } from './lowering.ts'

/** Rows that become steps of k of a product, the first of them step `from` of `inner`. */
export interface Steps {
  readonly at: Word
  readonly stride: number
  readonly rows: number
  readonly from: number
  readonly inner: number
}

/** Packs rows as columns of a left-hand side, or windows if `windows` has their fields. */
export function packColumns(
  packed: Slot,
  columns: number,
  { at, stride, rows, from, inner }: Steps,
  label: ValueId,
  lowering: TrainingLowering,
  windows?: Readonly<Record<number, Word>>,
): void {
  lowering.useScratch(columns)
  const opcode = windows ? TrainingOpcode.WindowColumnsPack : TrainingOpcode.ColumnsPack
  lowering.emitTraining(opcode, label, {
    ...windows,
    [WindowField.Input]: at,
    [WindowField.InputStride]: stride,
    [WindowField.Output]: packed,
    [WindowField.Rows]: rows,
    [WindowField.Columns]: columns,
    [ColumnsPackField.Inner]: inner,
    [ColumnsPackField.From]: from,
  })
}

/** Packs rows as a right-hand side, and sums its columns. */
export function packPanels(
  panels: Slot,
  columns: number,
  { at, stride, rows, from, inner }: Steps,
  sums: { readonly address: number; readonly adds: boolean } | undefined,
  label: ValueId,
  lowering: TrainingLowering,
): void {
  lowering.emitTraining(TrainingOpcode.PanelPack, label, {
    [PanelPackField.Input]: at,
    [PanelPackField.InputStride]: stride,
    [PanelPackField.Panels]: panels,
    [PanelPackField.Sums]: sums?.address ?? 0,
    [PanelPackField.Rows]: rows,
    [PanelPackField.Columns]: columns,
    [PanelPackField.Inner]: inner,
    [PanelPackField.From]: from,
    [PanelPackField.Adds]: Number(sums?.adds ?? false),
  })
}

/** The bytes of a right-hand side of `rows` by `columns`. */
export function panelBytes(rows: number, columns: number, lowering: TrainingLowering): number {
  const { panel } = lowering.addresses.build
  return 4 * rows * panel * Math.ceil(columns / panel)
}

/** The gradient of a kernel: packed columns times panels, where the kernel's gradient is stored. */
export function emitKernelGradient(
  packed: Slot,
  panels: Slot,
  inner: number,
  { address, weight, adds }: Shared,
  label: ValueId,
  lowering: TrainingLowering,
): void {
  const [rows, columns] = weight.shape
  const fields = {
    [PanelProductField.Packed]: packed,
    [PanelProductField.Panels]: panels,
    [PanelProductField.Output]: address,
    [PanelProductField.Rows]: rows,
    [PanelProductField.Inner]: inner,
    [PanelProductField.PanelCount]: Math.ceil(columns / lowering.addresses.build.panel),
    [PanelProductField.Zeros]: lowering.addresses.zeros,
    [PanelProductField.Adds]: Number(adds),
  }
  const flops = 2 * rows * columns * inner
  lowering.emitTraining(TrainingOpcode.PanelProduct, label, fields, flops)
}

/**
 * The transposed panels of a kernel. They are made in every run: that takes a hundredth of the products that read them,
 * and weights change between runs.
 */
export function transposedKernel(
  kernel: WeightId,
  label: ValueId,
  lowering: TrainingLowering,
): Slot {
  const [rows, columns] = lowering.weightShape(kernel)
  const output = lowering.tape.allocate(panelBytes(columns, rows, lowering))
  lowering.emitTraining(TrainingOpcode.PanelTranspose, label, {
    [PanelTransposeField.Input]: lowering.weight(kernel),
    [PanelTransposeField.Output]: output,
    [PanelTransposeField.Rows]: rows,
    [PanelTransposeField.Columns]: columns,
  })
  return output
}
