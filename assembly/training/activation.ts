// Operations on single values, row by row in steps of a panel: rows have room for whole panels.
import { firstRow } from "../gemm/pack";
import { PANEL_STEP } from "../gemm/microkernel";
import { rowGeluErf, rowGeluTanh, rowTanh } from "../pointwise";
import { int, word } from "../record";
import { Activation } from "../tape";
import { rowGeluErfSlope, rowGeluTanhSlope, rowTanhSlope } from "./pointwise";
import { ActivateField as F } from "./tape";

export function activate(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), bytes = word(record, F.Columns) << 2;
  const activation = int(record, F.Activation), residual = word(record, F.Second);
  for (let row = firstRow(rows, thread, threads), last = firstRow(rows, thread + 1, threads); row < last; row++) {
    let input = word(record, F.Input) + <usize>row * word(record, F.InputStride);
    let output = word(record, F.Output) + <usize>row * word(record, F.OutputStride);
    let more = residual + <usize>row * word(record, F.SecondStride);
    for (const end = input + bytes; input < end; input += PANEL_STEP, output += PANEL_STEP, more += PANEL_STEP) {
      for (let at: usize = 0; at < PANEL_STEP; at += 16) v128.store(output + at, v128.load(input + at));
      if (activation == Activation.Tanh) rowTanh(output);
      else if (activation == Activation.GeluErf) rowGeluErf(output);
      else rowGeluTanh(output);
      if (!residual) continue;
      for (let at: usize = 0; at < PANEL_STEP; at += 16) {
        v128.store(output + at, f32x4.add(v128.load(output + at), v128.load(more + at)));
      }
    }
  }
}

export function activateBackward(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), bytes = word(record, F.Columns) << 2;
  const activation = int(record, F.Activation);
  for (let row = firstRow(rows, thread, threads), last = firstRow(rows, thread + 1, threads); row < last; row++) {
    let input = word(record, F.Input) + <usize>row * word(record, F.InputStride);
    let output = word(record, F.Output) + <usize>row * word(record, F.OutputStride);
    let gradient = word(record, F.Second) + <usize>row * word(record, F.SecondStride);
    for (const end = input + bytes; input < end; input += PANEL_STEP, output += PANEL_STEP, gradient += PANEL_STEP) {
      for (let at: usize = 0; at < PANEL_STEP; at += 16) v128.store(output + at, v128.load(input + at));
      if (activation == Activation.Tanh) rowTanhSlope(output);
      else if (activation == Activation.GeluErf) rowGeluErfSlope(output);
      else rowGeluTanhSlope(output);
      for (let at: usize = 0; at < PANEL_STEP; at += 16) {
        v128.store(output + at, f32x4.mul(v128.load(output + at), v128.load(gradient + at)));
      }
    }
  }
}

export function addRows(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), bytes = word(record, F.Columns) << 2;
  for (let row = firstRow(rows, thread, threads), last = firstRow(rows, thread + 1, threads); row < last; row++) {
    const one = word(record, F.Input) + <usize>row * word(record, F.InputStride);
    const other = word(record, F.Second) + <usize>row * word(record, F.SecondStride);
    const output = word(record, F.Output) + <usize>row * word(record, F.OutputStride);
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(output + at, f32x4.add(v128.load(one + at), v128.load(other + at)));
    }
  }
}
