// The tape interpreter. Every thread runs the same tape, computes its share of each record, and waits for
// the others at a barrier after each record. See tape.ts for the records.
import {
  AttentionField as A, EmbedField as E, GemmField as G, MeanField as M, NormField as N, Opcode, PackField as P,
  TokensField as T, TransposeField as X,
} from "./tape";
import { attendPanel, packKeyValue } from "./attention";
import { gemm, SCALE_STEPS } from "./gemm/gemm";
import { MR, NR } from "./gemm/microkernel";
import { packIntegerColumns, packIntegerRow, packIntegerRows } from "./gemm/integer-pack";
import { INTEGER_MR } from "./gemm/integer-microkernel";
import { firstRow, packColumns, packedRow, packRows, packTile } from "./gemm/pack";
import { groupNorm } from "./groupnorm";
import { layerNormRow } from "./layernorm";
import { int, word } from "./record";
import { barrier } from "./sync";
import { addTokens, embedTokens, meanRows } from "./tokens";
import { transposeRows } from "./transpose";
import { maxPool, packIntegerWindows, packWindows } from "./windows";

/**
 * Runs records `from` to `to` of a tape and returns the index of the first that was not run: `to`,
 * or less after an abort or the loss of a thread.
 * @param scratch this thread's own memory, large enough for every record
 */
export function run(
  tape: usize, from: i32, to: i32, control: usize, scratch: usize, thread: i32, threads: i32,
): i32 {
  for (let index = from; index < to; index++) {
    step(recordOf(tape, index), scratch, thread, threads);
    if (!barrier(control, threads)) return index + 1;
  }
  return to;
}

/**
 * Runs one of `parts` shares of a record, without a barrier. A single thread can so split a long record into
 * several calls.
 */
export function share(tape: usize, index: i32, scratch: usize, part: i32, parts: i32): void {
  step(recordOf(tape, index), scratch, part, parts);
}

@inline
function recordOf(tape: usize, index: i32): usize {
  return load<u32>(tape + (<usize>index << 2));
}

function step(record: usize, scratch: usize, thread: i32, threads: i32): void {
  switch (int(record, 0)) {
    case Opcode.Gemm: return runGemm(record, false, thread, threads);
    case Opcode.IntegerGemm: return runGemm(record, true, thread, threads);
    case Opcode.Attention: return runAttention(record, scratch, thread, threads);
    case Opcode.NormPack: return runNormPack(record, scratch, thread, threads);
    case Opcode.IntegerNormPack: return runIntegerNormPack(record, scratch, thread, threads);
    case Opcode.Norm: return runNorm(record, thread, threads);
    case Opcode.Pack:
      return packRows(
        word(record, P.Input), word(record, P.InputStride), word(record, P.Packed),
        int(record, P.Rows), int(record, P.Columns), thread, threads,
      );
    case Opcode.IntegerPack:
      return packIntegerRows(
        word(record, P.Input), word(record, P.InputStride), word(record, P.Packed),
        int(record, P.Rows), int(record, P.Columns), int(record, P.Quantization), thread, threads,
      );
    case Opcode.AttentionPack:
      return packKeyValue(
        word(record, A.KeyValue), word(record, A.KeyValueStride), word(record, A.Packed),
        int(record, A.Tokens), int(record, A.Heads), int(record, A.HeadWidth), thread, threads,
      );
    case Opcode.WindowPack: return packWindows(record, scratch, thread, threads);
    case Opcode.IntegerWindowPack: return packIntegerWindows(record, scratch, thread, threads);
    case Opcode.MaxPool: return maxPool(record, thread, threads);
    case Opcode.GroupNorm: return groupNorm(record, scratch, thread, threads);
    case Opcode.ColumnPack:
      return packColumns(
        word(record, P.Input), word(record, P.InputStride), word(record, P.Packed),
        int(record, P.Rows), int(record, P.Columns), thread, threads,
      );
    case Opcode.IntegerColumnPack:
      return packIntegerColumns(
        word(record, P.Input), word(record, P.InputStride), word(record, P.Packed),
        int(record, P.Rows), int(record, P.Columns), int(record, P.Quantization), scratch, thread, threads,
      );
    case Opcode.Transpose: return runTranspose(record, thread, threads);
    case Opcode.Embed:
      return embedTokens(
        word(record, E.Ids), word(record, E.IdStride), word(record, E.Output), word(record, E.OutputStride),
        int(record, E.Rows), int(record, E.Columns), word(record, E.Table), word(record, E.Position),
        word(record, E.Segment), thread, threads,
      );
    case Opcode.Tokens:
      return addTokens(
        word(record, T.Input), word(record, T.InputStride), word(record, T.Output), word(record, T.OutputStride),
        int(record, T.Rows), int(record, T.Columns), word(record, T.Prefix), int(record, T.PrefixRows),
        word(record, T.Position), thread, threads,
      );
    case Opcode.MeanRows:
      return meanRows(
        word(record, M.Input), word(record, M.InputStride), word(record, M.Output),
        int(record, M.Rows), int(record, M.Columns), thread, threads,
      );
    default: unreachable();
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

/** Normalises the rows of a tile into scratch, then packs the tile. */
function runNormPack(record: usize, scratch: usize, thread: i32, threads: i32): void {
  const rows = int(record, N.Rows), columns = int(record, N.Columns);
  const stride = <usize>columns * 4;
  const end = firstRow(rows, thread + 1, threads);
  for (let row = firstRow(rows, thread, threads); row < end; row += MR) {
    const height = min(MR, rows - row);
    for (let i = 0; i < height; i++) normRow(record, row + i, scratch + <usize>i * stride);
    packTile(scratch, stride, packedRow(word(record, N.Packed), row, columns), height, columns);
  }
}

function runIntegerNormPack(record: usize, scratch: usize, thread: i32, threads: i32): void {
  const rows = int(record, N.Rows), columns = int(record, N.Columns);
  const end = firstRow(rows, thread + 1, threads, INTEGER_MR);
  for (let row = firstRow(rows, thread, threads, INTEGER_MR); row < end; row++) {
    normRow(record, row, scratch);
    packIntegerRow(scratch, word(record, N.Packed), row, rows, columns, int(record, N.Quantization));
  }
}

function runNorm(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, N.Rows);
  for (let row = firstRow(rows, thread, threads), end = firstRow(rows, thread + 1, threads); row < end; row++) {
    normRow(record, row, word(record, N.Packed) + <usize>row * word(record, N.OutputStride));
  }
}

@inline
function normRow(record: usize, row: i32, output: usize): void {
  layerNormRow(
    word(record, N.Input) + <usize>row * word(record, N.InputStride), output,
    word(record, N.Scale), word(record, N.Bias), int(record, N.Columns), reinterpret<f32>(int(record, N.Epsilon)),
  );
}

/** Work is split by head and panel of queries: even a model with three heads keeps many threads busy. */
function runAttention(record: usize, scratch: usize, thread: i32, threads: i32): void {
  const queries = int(record, A.Queries), tokens = int(record, A.Tokens);
  const heads = int(record, A.Heads), headWidth = int(record, A.HeadWidth);
  const headBytes = <usize>headWidth * 4;
  const panels = (queries + NR - 1) / NR;
  const jobs = heads * panels;
  const weights = word(record, A.Weights);
  for (let job = jobs * thread / threads, end = jobs * (thread + 1) / threads; job < end; job++) {
    const head = job / panels;
    attendPanel(
      word(record, A.Query) + <usize>head * headBytes, word(record, A.QueryStride),
      word(record, A.Packed) + <usize>head * tokens * headBytes * 2,
      word(record, A.Output) + <usize>head * headBytes, word(record, A.OutputStride),
      queries, tokens, headWidth, (job - head * panels) * NR,
      weights ? weights + <usize>head * queries * word(record, A.WeightsStride) : <usize>0,
      word(record, A.WeightsStride), word(record, A.Zeros), scratch,
    );
  }
}

/** Work is split by cache lines of the input, which are sixteen rows of the output. */
function runTranspose(record: usize, thread: i32, threads: i32): void {
  const rows = int(record, X.Rows);
  const jobs = (rows + 15) >> 4;
  for (let job = jobs * thread / threads, end = jobs * (thread + 1) / threads; job < end; job++) {
    const row = job << 4;
    const stride = word(record, X.OutputStride);
    const residual = word(record, X.Residual), residualStride = word(record, X.ResidualStride);
    transposeRows(
      word(record, X.Input) + <usize>row * 4, word(record, X.InputStride),
      word(record, X.Output) + <usize>row * stride, stride, min(16, rows - row), int(record, X.Columns),
      residual ? residual + <usize>row * residualStride : <usize>0, residualStride,
    );
  }
}
