// The one file that assembly/ and src/ share: the format of a tape. A tape is a list of records in linear
// memory: first the 32-bit address of each record, then the records. Word 0 of a record is its opcode; the
// other fields are listed here, and a record ends after its last field.
// Addresses are bytes; lengths, rows and columns are elements; a `…Stride` is the bytes from one row
// to the next. "Packed" is the left-hand layout of the matrix product: [tile][k][row of tile].
//
// Packed integers have two or four neighbours of k in one 32-bit step, depending on the build's kernel; see
// assembly/gemm/integer-pack.ts.

/**
 * The first eight pack the left-hand side of a product: four kinds of rows, as floats or, from IntegerPack on, quantised
 * row by row.
 */
export enum Opcode {
  /** Rows of f32. */
  Pack,
  /** Layer norm or RMS norm of rows of f32. */
  NormPack,
  /** Windows over a grid of rows of f32. */
  WindowPack,
  /** Columns of f32: the transposed matrix is on the left. */
  ColumnPack,
  IntegerPack,
  IntegerNormPack,
  IntegerWindowPack,
  IntegerColumnPack,
  /** Packed times panels, with bias, activation and residual. */
  Gemm,
  /** Packed integers times panels of integers, with scales, bias, activation and residual. */
  IntegerGemm,
  /** Layer norm or RMS norm of rows of f32, to rows. */
  Norm,
  /** Group norm of rows, with residual and ReLU, to rows. */
  GroupNorm,
  /** Keys and values of every head, to packed. */
  AttentionPack,
  /** softmax(q k^T) v for every head and panel of queries. */
  Attention,
  /** Prefix tokens followed by rows, or rows of a table by their numbers, plus the position embedding. */
  Tokens,
  /** The mean of rows. */
  MeanRows,
  /** The largest values of windows, to rows. */
  MaxPool,
  /** The transposed matrix plus a residual. */
  Transpose,
  /** silu(left half) * right half of rows; its fields are those of Norm up to Columns, of the output. */
  Glu,
  /** Rows whose halves of heads are rotated. */
  Rope,
  /** The mean of the keys of all heads, of length 1. */
  KeyDirections,
  /** The most alike token of an odd row for each of an even row. */
  MatchTokens,
  /** The row to which each token goes, and the sizes afterwards. */
  PlaceTokens,
  /** Means of the tokens that go to one row. */
  MergeTokens,
  /** Logarithms, a panel's row of each; its fields are those of KeyDirections up to Rows. */
  LogSizes,
}

export enum Activation {
  None,
  Tanh,
  GeluErf,
  /** From here on they are x times a sigmoid; see SIGMOIDS in pointwise.mjs. */
  GeluTanh,
  QuickGelu,
  Silu,
}

/** Quantisation of the two sides of a product. */
export enum Quantization {
  /** Left 12 bits, symmetric; right 11 bits. */
  Int16,
  /** Left 7 bits between the row's least and greatest value; right 8 bits. */
  Int8,
}

/**
 * Most records begin like these, which pack. Rows and Columns are those of the packed matrix, or of the output. A stride
 * always follows its address.
 */
export enum PackField {
  Opcode,
  Input,
  InputStride,
  Packed,
  /** Only of integers. */
  Quantization,
  Rows,
  Columns,
}

/** Norm stores rows. Epsilon is the bits of an f32; Rms is 1 where the mean is not subtracted, else 0. */
export enum NormField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Scale,
  Bias,
  Epsilon,
  Rms,
}

/**
 * MaxPool stores rows. Rows are outputs, from First on, of which OutputColumns lie in one row of the output's grid.
 */
export enum WindowField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  First,
  Channels,
  GridRows,
  GridColumns,
  OutputColumns,
  SizeRows,
  SizeColumns,
  StrideRows,
  StrideColumns,
  BeforeRows,
  BeforeColumns,
}

export enum GemmField {
  Opcode,
  Packed,
  Panels,
  Output,
  OutputStride,
  Rows,
  /** Columns of the left side; for IntegerGemm, its steps. */
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
  /** 0 or 1: a query sees only the keys up to its own row. */
  Causal,
  /** Added to the scores, rows of heads * keys; 0 for none. */
  Bias,
  /** Added to the scores of all queries, a panel's row for each key; 0 for none. */
  LogSizes,
}

/**
 * Rows From and up are rotated in their first Width columns, whole heads of HeadWidth; the rest is copied. The table is
 * dense. Sign is xored into the sines: 0, or the sign bit for the inverse.
 */
export enum RopeField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Table,
  From,
  Width,
  HeadWidth,
  Sign,
}

/** Columns are those of one head; the output's rows are padded with zeros to vectors. */
export enum DirectionField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Heads,
}

/** Cosines and Matches are dense, one for each token of an even row from the first that is not kept. */
export enum MatchField {
  Opcode,
  Input,
  InputStride,
  Cosines,
  Matches,
  Rows,
  Columns,
  Kept,
}

/** Sizes are 0 where each is 1. Cosines and Matches are overwritten. */
export enum TokenRowsField {
  Opcode,
  Cosines,
  Matches,
  Output,
  OutputStride,
  Rows,
  Kept,
  Merged,
  Sizes,
  SizesStride,
  SizesAfter,
  SizesAfterStride,
}

/** Rows are those that are left of Tokens; Sizes are 0 where each is 1. */
export enum MergeField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Tokens,
  TokenRows,
  TokenRowsStride,
  Sizes,
  SizesStride,
  SizesAfter,
  SizesAfterStride,
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
  /** Numbers of the input's rows to take; 0 to take them in order. */
  Ids,
  /** A row that is added to all; zeros for none. */
  Segment,
}

/** Count is the number of rows of the input. Sizes are their weights; 0 for none. */
export enum MeanField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Count,
  Sizes,
  SizesStride,
}

/** Epsilon is the bits of an f32; Relu is 0 or 1; a residual of 0 is none. */
export enum GroupNormField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Residual,
  ResidualStride,
  Groups,
  Scale,
  Bias,
  Epsilon,
  Relu,
}

/** A residual of 0 is none. */
export enum TransposeField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Residual,
  ResidualStride,
}

/**
 * Words of the control block that the threads of one run share, on separate cache lines. All are 0 before a
 * block's first run. Later only Abort and Joined are reset, since a thread may still be leaving the last
 * barrier when the run is done.
 */
export enum Control {
  /** Set to stop the run before its next record. */
  Abort = 0,
  Arrived = 16,
  Generation = 32,
  Sleepers = 48,
  /** Whether the last barrier told all threads to stop. */
  Stop = 64,
  /**
   * Set when a thread is lost, since no barrier can complete any more. The host then increments Generation
   * and wakes the sleepers. A broken block is never reused.
   */
  Broken = 80,
  /** Workers that have joined; a blocking caller waits for them with a timeout. */
  Joined = 96,
  /** The number of barriers to come at which threads spin only briefly, and the number after the next failed spin. */
  Glances = 112,
  Penalty = 113,
  Words = 128,
}
