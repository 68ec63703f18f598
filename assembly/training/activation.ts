// Operations on single values, row by row in steps of a panel: rows have room for whole panels.
import { activateRow, sigmoidOf } from "../gemm/gemm";
import { firstRow } from "../gemm/pack";
import { PANEL_STEP } from "../gemm/microkernel";
import { rowSigmoid } from "../pointwise";
import { int, word } from "../record";
import { Activation } from "../tape";
import { rowGeluErfSlope, rowSigmoidSlope, rowTanhSlope } from "./pointwise";
import { storeLanes } from "./sums";
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
      activateRow(output, activation, false);
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
      else rowSigmoidSlope(output, sigmoidOf(activation));
      for (let at: usize = 0; at < PANEL_STEP; at += 16) {
        v128.store(output + at, f32x4.mul(v128.load(output + at), v128.load(gradient + at)));
      }
    }
  }
}

/**
 * Scratch holds a panel of activated gates and one of their slopes. Halves begin and end anywhere, and each row of the
 * output is written by one thread, so nothing is stored past its end.
 */
export function gluBackward(record: usize, scratch: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), columns = int(record, F.Columns), half = <usize>columns << 2;
  const table = sigmoidOf(Activation.Silu), slopes = scratch + PANEL_STEP;
  for (let row = firstRow(rows, thread, threads), last = firstRow(rows, thread + 1, threads); row < last; row++) {
    const input = word(record, F.Input) + <usize>row * word(record, F.InputStride);
    const output = word(record, F.Output) + <usize>row * word(record, F.OutputStride);
    const gradient = word(record, F.Second) + <usize>row * word(record, F.SecondStride);
    for (let left: usize = 0; left < half; left += PANEL_STEP) {
      memory.copy(scratch, input + left, PANEL_STEP);
      memory.copy(slopes, input + left, PANEL_STEP);
      rowSigmoid(scratch, table);
      rowSigmoidSlope(slopes, table);
      for (let at: usize = 0; at < min(PANEL_STEP, half - left); at += 16) {
        const place = left + at, count = columns - <i32>(place >> 2), dy = v128.load(gradient + place);
        const ofGate = f32x4.mul(f32x4.mul(dy, v128.load(input + half + place)), v128.load(slopes + at));
        storeLanes(output + place, ofGate, count, false);
        storeLanes(output + half + place, f32x4.mul(dy, v128.load(scratch + at)), count, false);
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
