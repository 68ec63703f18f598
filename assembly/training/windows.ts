import { int, word } from "../record";
import { WindowField as W } from "../tape";
import { WindowBackwardField as B } from "./tape";

/**
 * A thread's share of the positions of the grid: each gets the sum of the gradients that the windows over it have for it,
 * in the order of the windows. Rows of the output have room for whole vectors.
 */
export function windowSums(record: usize, thread: i32, threads: i32): void {
  const columns = int(record, W.GridColumns), positions = int(record, W.GridRows) * columns;
  const bytes = word(record, W.Channels) << 2;
  const outputColumns = int(record, W.OutputColumns), outputRows = int(record, B.OutputRows);
  const width = int(record, W.SizeColumns), height = int(record, W.SizeRows);
  const across = int(record, W.StrideColumns), down = int(record, W.StrideRows);
  const input = word(record, W.Input), stride = word(record, W.InputStride);
  for (let position = positions * thread / threads, end = positions * (thread + 1) / threads; position < end; position++) {
    const y = position / columns, row = y + int(record, W.BeforeRows);
    const column = position - y * columns + int(record, W.BeforeColumns);
    const target = word(record, W.Output) + <usize>position * word(record, W.OutputStride);
    for (let at: usize = 0; at < bytes; at += 16) v128.store(target + at, f32x4.splat(0));
    const top = firstOver(row, height, down), bottom = min(outputRows - 1, row / down);
    const left = firstOver(column, width, across), right = min(outputColumns - 1, column / across);
    for (let i = top; i <= bottom; i++) {
      for (let j = left; j <= right; j++) {
        const place = (row - i * down) * width + column - j * across;
        const source = input + <usize>(i * outputColumns + j) * stride + <usize>place * bytes;
        for (let at: usize = 0; at < bytes; at += 16) {
          v128.store(target + at, f32x4.add(v128.load(target + at), v128.load(source + at)));
        }
      }
    }
  }
}

/** The first window, `step` apart, that reaches a place. */
@inline
function firstOver(place: i32, size: i32, step: i32): i32 {
  return max(0, (place - size + step) / step);
}

/** A thread's share of the channels, four at a time: each gradient goes to the first position that has the largest value. */
export function maxPoolBackward(record: usize, thread: i32, threads: i32): void {
  const columns = int(record, W.GridColumns), rows = int(record, W.GridRows);
  const outputColumns = int(record, W.OutputColumns), outputRows = int(record, B.OutputRows);
  const width = int(record, W.SizeColumns), height = int(record, W.SizeRows);
  const stride = word(record, W.InputStride), targetStride = word(record, W.OutputStride);
  const jobs = (int(record, W.Channels) + 3) >> 2;
  for (let job = jobs * thread / threads, end = jobs * (thread + 1) / threads; job < end; job++) {
    const at = <usize>job << 4;
    const input = word(record, W.Input) + at, target = word(record, W.Output) + at;
    let gradient = word(record, B.Gradient) + at;
    for (let i = 0; i < rows * columns; i++) v128.store(target + <usize>i * targetStride, f32x4.splat(0));
    for (let i = 0; i < outputRows; i++) {
      const row = i * int(record, W.StrideRows) - int(record, W.BeforeRows);
      const top = max(0, row), bottom = min(rows, row + height);
      for (let j = 0; j < outputColumns; j++, gradient += word(record, B.GradientStride)) {
        const column = j * int(record, W.StrideColumns) - int(record, W.BeforeColumns);
        const left = max(0, column), right = min(columns, column + width);
        let largest = f32x4.splat(0), place = i32x4.splat(-1);
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) {
            const position = y * columns + x, value = v128.load(input + <usize>position * stride);
            const takes = v128.or(i32x4.lt_s(place, i32x4.splat(0)), f32x4.gt(value, largest));
            largest = v128.bitselect(value, largest, takes);
            place = v128.bitselect(i32x4.splat(position), place, takes);
          }
        }
        const d = v128.load(gradient);
        add(target, i32x4.extract_lane(place, 0), targetStride, f32x4.extract_lane(d, 0));
        add(target + 4, i32x4.extract_lane(place, 1), targetStride, f32x4.extract_lane(d, 1));
        add(target + 8, i32x4.extract_lane(place, 2), targetStride, f32x4.extract_lane(d, 2));
        add(target + 12, i32x4.extract_lane(place, 3), targetStride, f32x4.extract_lane(d, 3));
      }
    }
  }
}

@inline
function add(target: usize, position: i32, stride: usize, value: f32): void {
  if (position < 0) return;
  const at = target + <usize>position * stride;
  f32.store(at, f32.load(at) + value);
}
