// Windows over a grid of positions, each of which is a row of channels: the left-hand side of a convolution, and
// the largest value of each window.
import { packIntegerRow } from "./gemm/integer-pack";
import { INTEGER_MR } from "./gemm/integer-microkernel";
import { MR } from "./gemm/microkernel";
import { firstRow, packedRow, packRun } from "./gemm/pack";
import { int, word } from "./record";
import { WindowField as F } from "./tape";

// Scratch: the address where each row of a tile reads next, the row and column of its window's first position, and
// zeros for padding, as many as a row of a window has values.
const ORIGINS: usize = 32;
const ZEROS: usize = 96;

/** Notes where the windows of `height` outputs, from `output` on, begin. */
function begin(record: usize, scratch: usize, output: i32, height: i32): void {
  const columns = int(record, F.OutputColumns);
  let at = scratch + ORIGINS;
  for (let i = 0; i < height; i++, at += 8) {
    const row = (output + i) / columns, column = output + i - row * columns;
    i32.store(at, row * int(record, F.StrideRows) - int(record, F.BeforeRows));
    i32.store(at, column * int(record, F.StrideColumns) - int(record, F.BeforeColumns), 4);
  }
}

/**
 * Points each row of the tile to `count` positions of its window, from row y and column x of it on, or to zeros.
 * Returns whether none of them is partly in padding.
 */
function point(record: usize, scratch: usize, height: i32, y: i32, x: i32, count: i32): bool {
  const columns = int(record, F.GridColumns);
  const input = word(record, F.Input), stride = word(record, F.InputStride);
  let whole = true;
  for (let i = 0; i < height; i++) {
    const origin = scratch + ORIGINS + (<usize>i << 3);
    const row = i32.load(origin) + y, column = i32.load(origin, 4) + x;
    let source = scratch + ZEROS;
    if (<u32>row < <u32>int(record, F.GridRows) && column + count > 0 && column < columns) {
      source = input + <usize>(row * columns + column) * stride;
      whole = whole && column >= 0 && column + count <= columns;
    }
    store<u32>(scratch + (<usize>i << 2), <u32>source);
  }
  return whole;
}

/** Packs a thread's share of windows. */
export function packWindows(record: usize, scratch: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), channels = int(record, F.Channels);
  const width = int(record, F.SizeColumns), depth = int(record, F.SizeRows);
  const columns = depth * width * channels;
  const dense = word(record, F.InputStride) == <usize>channels << 2;
  memory.fill(scratch + ZEROS, 0, <usize>(width * channels) << 2);
  for (let row = firstRow(rows, thread, threads), end = firstRow(rows, thread + 1, threads); row < end; row += MR) {
    const height = min(MR, rows - row), step = <usize>height << 2;
    begin(record, scratch, int(record, F.First) + row, height);
    let target = packedRow(word(record, F.Output), row, columns);
    for (let y = 0; y < depth; y++) {
      if (dense && point(record, scratch, height, y, 0, width)) {
        packRun(scratch, target, height, width * channels);
        target += <usize>(width * channels) * step;
      } else {
        for (let x = 0; x < width; x++, target += <usize>channels * step) {
          point(record, scratch, height, y, x, 1);
          packRun(scratch, target, height, channels);
        }
      }
    }
  }
}

/** Quantises and packs a thread's share of windows; each is first made a row, in scratch. */
export function packIntegerWindows(record: usize, scratch: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), channels = int(record, F.Channels);
  const width = int(record, F.SizeColumns), depth = int(record, F.SizeRows);
  const run = width * channels;
  const dense = word(record, F.InputStride) == <usize>channels << 2;
  memory.fill(scratch + ZEROS, 0, <usize>run << 2);
  const window = scratch + ZEROS + (<usize>run << 2);
  const end = firstRow(rows, thread + 1, threads, INTEGER_MR);
  for (let row = firstRow(rows, thread, threads, INTEGER_MR); row < end; row++) {
    begin(record, scratch, int(record, F.First) + row, 1);
    let target = window;
    for (let y = 0; y < depth; y++) {
      if (dense && point(record, scratch, 1, y, 0, width)) {
        target = copy(scratch, target, run);
      } else {
        for (let x = 0; x < width; x++) {
          point(record, scratch, 1, y, x, 1);
          target = copy(scratch, target, channels);
        }
      }
    }
    packIntegerRow(window, word(record, F.Output), row, rows, depth * run, int(record, F.Quantization));
  }
}

/** Copies `count` floats from where the first row of the tile points to. Returns the end of the copy. */
function copy(scratch: usize, target: usize, count: i32): usize {
  let source = <usize>load<u32>(scratch);
  const end = target + (<usize>count << 2);
  for (; target + 16 <= end; target += 16, source += 16) v128.store(target, v128.load(source));
  for (; target < end; target += 4, source += 4) f32.store(target, f32.load(source));
  return end;
}

/** The largest values of a thread's share of windows. NaN stays NaN, and what lies in padding counts as -infinity. */
export function maxPool(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, F.Rows), channels = int(record, F.Channels);
  const columns = int(record, F.GridColumns), outputColumns = int(record, F.OutputColumns);
  const stride = word(record, F.InputStride);
  for (let output = rows * thread / threads, end = rows * (thread + 1) / threads; output < end; output++) {
    const down = output / outputColumns;
    const y = down * int(record, F.StrideRows) - int(record, F.BeforeRows);
    const x = (output - down * outputColumns) * int(record, F.StrideColumns) - int(record, F.BeforeColumns);
    const bottom = min(int(record, F.GridRows), y + int(record, F.SizeRows));
    const left = max(0, x), right = min(columns, x + int(record, F.SizeColumns));
    const target = word(record, F.Output) + <usize>output * word(record, F.OutputStride);
    // Rows have room for a multiple of sixteen columns.
    for (let channel = 0; channel < channels; channel += 16) {
      const at = <usize>channel << 2;
      let m0 = f32x4.splat(-Infinity), m1 = m0, m2 = m0, m3 = m0;
      for (let row = max(0, y); row < bottom; row++) {
        let p = word(record, F.Input) + <usize>(row * columns + left) * stride + at;
        for (let column = left; column < right; column++, p += stride) {
          m0 = f32x4.max(m0, v128.load(p));
          m1 = f32x4.max(m1, v128.load(p, 16));
          m2 = f32x4.max(m2, v128.load(p, 32));
          m3 = f32x4.max(m3, v128.load(p, 48));
        }
      }
      v128.store(target + at, m0);
      v128.store(target + at, m1, 16);
      v128.store(target + at, m2, 32);
      v128.store(target + at, m3, 48);
    }
  }
}
