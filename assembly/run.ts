// The tape interpreter. Every thread runs the same tape, computes its share of each record, and waits for
// the others at a barrier after each record. See tape.ts for the records.
import {
  AttentionField as A, GemmField as G, MeanField as M, NormField as N, Opcode, PackField as P, TransposeField as T,
  WindowField as W,
} from "./tape";
import { attendPanel, packKeyValue } from "./attention";
import { add, gemm, SCALE_STEPS } from "./gemm/gemm";
import { MR, NR, PANEL_STEP } from "./gemm/microkernel";
import { packIntegerRow } from "./gemm/integer-pack";
import { INTEGER_MR } from "./gemm/integer-microkernel";
import { firstRow, packedRow, packTile } from "./gemm/pack";
import { glu } from "./glu";
import { groupNorm } from "./groupnorm";
import { layerNormRow } from "./layernorm";
import { mergeStep } from "./merging";
import { int, word } from "./record";
import { rope } from "./rope";
import { barrier } from "./sync";
import { addTokens, meanRows } from "./tokens";
import { transposeRows } from "./transpose";
import { window } from "./windows";

/**
 * Runs records `from` to `to` of a tape and returns the index of the first that was not run: `to`,
 * or less after an abort or the loss of a thread.
 * @param scratch this thread's own memory, large enough for every record
 */
export function run(
  tape: usize, from: i32, to: i32, control: usize, scratch: usize, thread: i32, threads: i32,
): i32 {
  for (let index = from; index < to; index++) {
    forwardStep(recordOf(tape, index), scratch, thread, threads);
    if (!barrier(control, threads)) return index + 1;
  }
  return to;
}

/**
 * Runs one of `parts` shares of a record, without a barrier. A single thread can so split a long record into
 * several calls.
 */
export function share(tape: usize, index: i32, scratch: usize, part: i32, parts: i32): void {
  forwardStep(recordOf(tape, index), scratch, part, parts);
}

@inline
export function recordOf(tape: usize, index: i32): usize {
  return load<u32>(tape + (<usize>index << 2));
}

function forwardStep(record: usize, scratch: usize, thread: i32, threads: i32): void {
  if (int(record, 0) >= Opcode.KeyDirections) mergeStep(record, thread, threads);
  else step(record, scratch, thread, threads);
}

/** Training has these records too, and none of those from KeyDirections on. */
export function step(record: usize, scratch: usize, thread: i32, threads: i32): void {
  const opcode = int(record, 0);
  if (opcode <= Opcode.IntegerColumnPack) return runPack(record, opcode, scratch, thread, threads);
  switch (opcode) {
    case Opcode.Gemm: return runGemm(record, false, thread, threads);
    case Opcode.IntegerGemm: return runGemm(record, true, thread, threads);
    case Opcode.Attention: return runAttention(record, scratch, thread, threads);
    case Opcode.Norm: return runNorm(record, thread, threads);
    case Opcode.GroupNorm: return groupNorm(record, scratch, thread, threads);
    case Opcode.AttentionPack:
      return packKeyValue(
        word(record, A.KeyValue), word(record, A.KeyValueStride), word(record, A.Packed),
        int(record, A.Tokens), int(record, A.Heads), int(record, A.HeadWidth), thread, threads,
      );
    case Opcode.Tokens: return addTokens(record, thread, threads);
    case Opcode.MeanRows:
      return meanRows(
        word(record, M.Input), word(record, M.InputStride), word(record, M.Output),
        int(record, M.Count), int(record, M.Columns), word(record, M.Sizes), word(record, M.SizesStride), thread, threads,
      );
    case Opcode.MaxPool: return runMaxPool(record, thread, threads);
    case Opcode.Transpose: return runTranspose(record, thread, threads);
    case Opcode.Glu: return glu(record, thread, threads);
    case Opcode.Rope: return rope(record, thread, threads);
    default: unreachable();
  }
}

/** Packs a thread's share of rows, tile by tile. Rows that do not lie in memory as such are first made in scratch. */
function runPack(record: usize, opcode: i32, scratch: usize, thread: i32, threads: i32): void {
  const integer = opcode >= Opcode.IntegerPack;
  const kind = integer ? opcode - Opcode.IntegerPack : opcode;
  const top = integer ? INTEGER_MR : MR;
  const packed = word(record, P.Packed), rows = int(record, P.Rows), columns = int(record, P.Columns);
  const input = word(record, P.Input), inputStride = word(record, P.InputStride);
  const stride = kind == Opcode.Pack ? inputStride : <usize>((columns + 3) & ~3) << 2;
  const end = firstRow(rows, thread + 1, threads, top);
  for (let row = firstRow(rows, thread, threads, top); row < end; row += top) {
    const height = min(top, rows - row);
    const source = kind == Opcode.Pack ? input + <usize>row * stride : scratch;
    if (kind == Opcode.ColumnPack) {
      transposeRows(input + (<usize>row << 2), inputStride, scratch, stride, height, columns);
    } else if (kind != Opcode.Pack) {
      for (let i = 0; i < height; i++) {
        const target = scratch + <usize>i * stride;
        if (kind == Opcode.NormPack) normRow(record, row + i, target);
        else window(record, int(record, W.First) + row + i, target, false);
      }
    }
    if (integer) {
      for (let i = 0; i < height; i++) {
        packIntegerRow(source + <usize>i * stride, packed, row + i, rows, columns, int(record, P.Quantization));
      }
    } else {
      packTile(source, stride, packedRow(packed, row, columns), height, columns);
    }
  }
}

/**
 * Work is split by panel and row tile, panel-major: a share is mostly whole panels, and where they don't
 * divide evenly, two threads share the rows of one panel.
 */
function runGemm(record: usize, integer: bool, thread: i32, threads: i32): void {
  const rows = int(record, G.Rows), top = integer ? INTEGER_MR : MR;
  const tiles = (rows + top - 1) / top;
  const jobs = int(record, G.PanelCount) * tiles;
  for (let job = jobs * thread / threads, end = jobs * (thread + 1) / threads; job < end; ) {
    const panel = job / tiles, tile = job - panel * tiles;
    const whole = tile == 0 ? (end - job) / tiles : 0;
    if (whole > 0) {
      multiply(record, integer, panel, panel + whole, 0, rows);
      job += whole * tiles;
    } else {
      const last = min(tiles, tile + end - job);
      multiply(record, integer, panel, panel + 1, tile * top, min(rows, last * top));
      job += last - tile;
    }
  }
}

/** Computes panels `from` to `to` of rows `top` to `bottom`; `top` is the first row of a tile. */
function multiply(record: usize, integer: bool, from: i32, to: i32, top: i32, bottom: i32): void {
  const steps = int(record, G.Inner);
  const rowBytes = <usize>(integer ? steps + SCALE_STEPS : steps) << 2;
  const stride = word(record, G.OutputStride);
  const residual = word(record, G.Residual), residualStride = word(record, G.ResidualStride);
  gemm(
    word(record, G.Packed) + <usize>top * rowBytes, word(record, G.Panels),
    word(record, G.Output) + <usize>top * stride, stride, bottom - top, steps, word(record, G.Bias),
    residual ? residual + <usize>top * residualStride : <usize>0, residualStride, int(record, G.Activation),
    integer, from, to,
  );
}

function runNorm(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, N.Rows);
  for (let row = firstRow(rows, thread, threads), end = firstRow(rows, thread + 1, threads); row < end; row++) {
    normRow(record, row, word(record, N.Output) + <usize>row * word(record, N.OutputStride));
  }
}

function normRow(record: usize, row: i32, output: usize): void {
  layerNormRow(
    word(record, N.Input) + <usize>row * word(record, N.InputStride), output,
    word(record, N.Scale), word(record, N.Bias), int(record, N.Columns), reinterpret<f32>(int(record, N.Epsilon)),
    int(record, N.Rms) != 0,
  );
}

/** Work is split by head and panel of queries: even a model with three heads keeps many threads busy. */
function runAttention(record: usize, scratch: usize, thread: i32, threads: i32): void {
  const queries = int(record, A.Queries), tokens = int(record, A.Tokens);
  const heads = int(record, A.Heads), headWidth = int(record, A.HeadWidth);
  const headBytes = <usize>headWidth * 4;
  const panels = (queries + NR - 1) / NR;
  const jobs = heads * panels;
  const weights = word(record, A.Weights), bias = word(record, A.Bias), logSizes = word(record, A.LogSizes);
  for (let job = jobs * thread / threads, end = jobs * (thread + 1) / threads; job < end; job++) {
    const head = job / panels, first = (job - head * panels) * NR;
    attendPanel(
      word(record, A.Query) + <usize>head * headBytes, word(record, A.QueryStride),
      word(record, A.Packed) + <usize>head * tokens * headBytes * 2,
      word(record, A.Output) + <usize>head * headBytes, word(record, A.OutputStride),
      queries, tokens, headWidth, first,
      weights ? weights + <usize>head * queries * word(record, A.WeightsStride) : <usize>0,
      word(record, A.WeightsStride), word(record, A.Zeros), scratch, int(record, A.Causal),
      bias ? bias + (<usize>head * tokens * queries + first) * 4 : logSizes,
      bias ? <usize>queries << 2 : PANEL_STEP,
    );
  }
}

function runMaxPool(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, W.Rows);
  for (let row = rows * thread / threads, end = rows * (thread + 1) / threads; row < end; row++) {
    window(record, row, word(record, W.Output) + <usize>row * word(record, W.OutputStride), true);
  }
}

/** Work is split by cache lines of the input, which are sixteen rows of the output. */
function runTranspose(record: usize, thread: i32, threads: i32): void {
  const jobs = (int(record, T.Rows) + 15) >> 4;
  const stride = word(record, T.OutputStride), residualStride = word(record, T.ResidualStride);
  const columns = word(record, T.Columns);
  for (let job = jobs * thread / threads, end = jobs * (thread + 1) / threads; job < end; job++) {
    const row = job << 4, rows = min(16, int(record, T.Rows) - row);
    const output = word(record, T.Output) + <usize>row * stride;
    transposeRows(
      word(record, T.Input) + (<usize>row << 2), word(record, T.InputStride), output, stride, rows, <i32>columns,
    );
    if (!word(record, T.Residual)) continue;
    const residual = word(record, T.Residual) + <usize>row * residualStride;
    for (let left: usize = 0; left < columns << 2; left += PANEL_STEP) {
      add(output + left, stride, rows, residual + left, residualStride);
    }
  }
}
