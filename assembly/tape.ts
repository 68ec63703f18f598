// The one file that assembly/ and src/ share: what a tape says. A tape is a list of records in linear
// memory: first the address of each record, a 32-bit word, then the records. Word 0 of a record is its
// opcode, the others are as listed here; a record is as long as its fields need.
// Addresses are bytes; lengths, rows and columns are elements; a `…Stride` is the bytes from one row
// to the next. "Packed" is the left-hand layout of the matrix product: [tile][k][row of tile].
//
// Of integers, two or four neighbours of k, as the build's kernel takes them, make one 32-bit step; see
// assembly/gemm/integer-pack.ts.

export enum Opcode {
  /** Rows of f32 to packed. */
  Pack,
  /** Layer norm of rows of f32, to packed. */
  NormPack,
  /** Layer norm of rows of f32, to rows. */
  Norm,
  /** Patches of an image, to packed. */
  PatchPack,
  /** Packed times panels, with bias, activation and residual. */
  Gemm,
  /** Keys and values of every head, to packed. */
  AttentionPack,
  /** softmax(q k^T) v for every head and panel of queries. */
  Attention,
  /** Prefix tokens above rows, plus the position embedding. */
  Tokens,
  /** The mean of rows. */
  MeanRows,
  /** Rows of f32, quantised row by row, to packed integers. */
  IntegerPack,
  /** Layer norm of rows of f32, quantised row by row, to packed integers. */
  IntegerNormPack,
  /** Packed integers times panels of integers, with scales, bias, activation and residual. */
  IntegerGemm,
}

export enum Activation {
  None,
  GeluTanh,
  GeluErf,
  Tanh,
}

/** How values become integers. */
export enum Quantization {
  /** Left 12 bits, symmetric; right 11 bits. */
  Int16,
  /** Left 7 bits between the row's least and greatest value; right 8 bits. */
  Int8,
}

/** Quantization is IntegerPack's alone. */
export enum PackField {
  Opcode,
  Input,
  InputStride,
  Packed,
  Rows,
  Columns,
  Quantization,
}

/**
 * Also of Norm, where Packed is the output and OutputStride counts. Epsilon is the bits of an f32.
 * Quantization is IntegerNormPack's alone.
 */
export enum NormField {
  Opcode,
  Input,
  InputStride,
  Packed,
  Rows,
  Columns,
  Scale,
  Bias,
  Epsilon,
  OutputStride,
  Quantization,
}

export enum PatchField {
  Opcode,
  Input,
  InputStride,
  Packed,
  GridRows,
  GridColumns,
  PatchRows,
  /** Floats in one row of one patch: its columns times the channels. */
  PatchRun,
}

export enum GemmField {
  Opcode,
  Packed,
  Panels,
  Output,
  OutputStride,
  Rows,
  /** Columns of the left side; of an IntegerGemm, its steps. */
  Inner,
  /** Panels, the last one padded with zeros. */
  PanelCount,
  Bias,
  /** 0 for none. */
  Residual,
  ResidualStride,
  Activation,
}

export enum AttentionField {
  Opcode,
  Query,
  QueryStride,
  KeyValue,
  KeyValueStride,
  Output,
  OutputStride,
  /** Of all heads: keys, then values, both packed. */
  Packed,
  Queries,
  Tokens,
  Heads,
  HeadWidth,
  /** Softmax weights, rows of heads * queries; 0 for none. */
  Weights,
  WeightsStride,
  /** A panel of zeros. */
  Zeros,
}

export enum TokensField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Prefix,
  PrefixRows,
  Position,
}

export enum MeanField {
  Opcode,
  Input,
  InputStride,
  Output,
  Rows,
  Columns,
}

/**
 * Words of the control block that the threads of one run share, each on a cache line of its own. All
 * are 0 before a block's first run; afterwards only Abort and Joined are set back, since a thread may
 * still be on its way out when the others have done all work.
 */
export enum Control {
  /** Set by whoever wants the run to stop before its next record. */
  Abort = 0,
  Arrived = 16,
  Generation = 32,
  Sleepers = 48,
  /** What the threads agreed on at the last barrier. */
  Stop = 64,
  /**
   * Set when a thread is gone, so that no barrier is complete any more; whoever sets it then raises
   * Generation and wakes the sleepers. After it the block is never used again.
   */
  Broken = 80,
  /** Threads that have begun; for a caller that blocks, and must not wait for one that never comes. */
  Joined = 96,
  /** At how many barriers to come threads only glance before they sleep, and after the next vain spin. */
  Glances = 112,
  Penalty = 113,
  Words = 128,
}
