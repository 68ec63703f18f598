// The records that only the builds for training know, beside those of ../tape.ts, whose rules hold here too.
// A field named Adds is 0 where the output is replaced and 1 where it is added to. Outputs that stay in memory
// between runs are written without their padding, which is 0.

export enum TrainingOpcode {
  /** Rows of f32 as columns of the left-hand side of a product. */
  ColumnsPack = 64,
  /** Windows over a grid of rows of f32 as columns of the left-hand side. */
  WindowColumnsPack,
  /** Rows of f32 as the right-hand side of a product, and the sums of their columns. */
  PanelPack,
  /** The panels of a transposed matrix. */
  PanelTranspose,
  /** Packed times panels, to panels. */
  PanelProduct,
  /** activation(x) plus a residual. */
  Activate,
  /** The upstream gradient times the slope of an activation. */
  ActivateBackward,
  /** Gradients of the rows of a layer norm; the mean and the inverse deviation of each row. */
  NormBackward,
  /** Gradients of the scale and the bias of a layer norm. */
  NormSums,
  /** Queries, keys, values and upstream gradients of every head, to packed. */
  AttentionBackwardPack,
  /** Gradients of a panel of queries. */
  QueryBackward,
  /** Gradients of a panel of keys and values. */
  KeyBackward,
  /** The sum of two matrices. */
  Add,
  /** Rows times a factor, at a place between rows of zeros. */
  PlaceRows,
  /** The sum of rows of several images. */
  ImageSums,
  /** The cross entropy and its gradient. */
  CrossEntropy,
  /** Gradients of rows of a table. */
  TableBackward,
  /** Gradients of windows, added up where windows share a position. */
  WindowSums,
  /** Gradients of the largest values of windows. */
  MaxPoolBackward,
  GroupNormBackward,
  /** Columns of panels to mean 0 and deviation 1. */
  Standardize,
  StandardizeBackward,
  /** Sums of the squares of gradients, one in f64 for each chunk. */
  Squares,
  SGDUpdate,
  AdamWUpdate,
  /** Gradients of both halves of a gated linear unit; Columns are those of its output. */
  GluBackward,
}

/**
 * Follows the fields of WindowField, of which a pack of rows has those up to Columns. Rows become columns From, From + 1, …
 * of a packed matrix with Inner of them.
 */
export enum ColumnsPackField {
  Inner = 18,
  From,
}

/** Rows become rows From, From + 1, … of panels with Inner of them. Sums of 0 are none. */
export enum PanelPackField {
  Opcode,
  Input,
  InputStride,
  Panels,
  Sums,
  Rows,
  Columns,
  Inner,
  From,
  Adds,
}

/** Panels of a matrix [Rows, Columns], to those of [Columns, Rows]. */
export enum PanelTransposeField {
  Opcode,
  Input,
  Output,
  Rows,
  Columns,
}

export enum PanelProductField {
  Opcode,
  Packed,
  Panels,
  Output,
  Rows,
  Inner,
  PanelCount,
  Zeros,
  Adds,
}

/** Second is a residual, 0 for none, or the upstream gradient; of Add, the other matrix. */
export enum ActivateField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Second,
  SecondStride,
  Activation,
}

/** Stats are two floats for each row; Rms is as of NormField. Of NormSums, Output and Scale are unused. Sums of 0 are none. */
export enum NormBackwardField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Gradient,
  GradientStride,
  Stats,
  Scale,
  Epsilon,
  ScaleSums,
  ScaleAdds,
  BiasSums,
  BiasAdds,
  Rms,
}

/**
 * Packed has for every head: rows of keys, of values, of queries and of the upstream gradient, then columns of keys, of
 * queries and of the upstream gradient. Stats are three floats for each query of every head: the largest product, 1 / the
 * sum of the exponentials, and the sum of gradient times output. An output of 0 is none.
 */
export enum AttentionBackwardField {
  Opcode,
  Query,
  QueryStride,
  KeyValue,
  KeyValueStride,
  Attended,
  AttendedStride,
  Gradient,
  GradientStride,
  QueryGradient,
  QueryGradientStride,
  KeyValueGradient,
  KeyValueGradientStride,
  Packed,
  Stats,
  Queries,
  Tokens,
  Heads,
  HeadWidth,
  Zeros,
  /** As of AttentionField. */
  Causal,
  Bias,
}

/** Count rows of the input, at From, times Factor (bits of an f32). An InputStride of 0 repeats one row. */
export enum PlaceRowsField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  From,
  Count,
  Factor,
}

/** Rows of each image, ImageBytes apart. */
export enum ImageSumsField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Images,
  ImageBytes,
  Adds,
}

/** Of one image. Weight is the bits of an f32. */
export enum CrossEntropyField {
  Opcode,
  Logits,
  Targets,
  Loss,
  Gradient,
  Columns,
  Weight,
}

/** Rows of each image, ImageBytes apart, go to the rows of a table that Ids tells, dense [Images, Rows]. */
export enum TableBackwardField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Images,
  ImageBytes,
  Adds,
  Ids,
  TableRows,
}

/**
 * Follows the fields of WindowField. Of MaxPoolBackward, Input is the input of the pooling, Output its gradient, and
 * Gradient the upstream one. Of WindowSums, Input has the gradients of windows, and Output has a row of Channels for every
 * position of the grid.
 */
export enum WindowBackwardField {
  OutputRows = 18,
  Gradient,
  GradientStride,
}

/** Masked: 0, or the output of the group norm, where ReLU has passed on what is above 0. Gradients of 0 are none. */
export enum GroupNormBackwardField {
  Opcode,
  Input,
  InputStride,
  Output,
  OutputStride,
  Rows,
  Columns,
  Groups,
  Scale,
  Epsilon,
  Gradient,
  GradientStride,
  Masked,
  MaskedStride,
  Residual,
  ResidualStride,
  ScaleSums,
  ScaleAdds,
  BiasSums,
  BiasAdds,
}

/** Of panels. Gradient is the upstream one. The epsilon is added to the deviation, or to the variance. */
export enum StandardizeField {
  Opcode,
  Input,
  Output,
  Rows,
  Columns,
  Epsilon,
  OnVariance,
  Gradient,
  Adds,
}

/** Floats that one thread updates together. */
export const UPDATE_CHUNK = 16384;

/**
 * Of all weights: a table of entries follows, one for each weight. Chunks are those of all entries. Numbers are floats that
 * change from run to run: the rate, the norm, the most that it may be (negative for no limit), and of AdamW the
 * corrections of both means. From Momentum on the fields are bits of f32, but Half tells whether momentum is kept in
 * bfloat16. Output is that of Squares.
 */
export enum UpdateField {
  Opcode,
  Chunks,
  Numbers,
  Output,
  Half,
  Momentum,
  Keep1,
  Keep2,
  Take1,
  Take2,
  Epsilon,
  Table,
}

/** First and Second are the state, 0 for none; Decay the bits of an f32. */
export enum UpdateEntry {
  Parameter,
  Gradient,
  First,
  Second,
  Floats,
  Decay,
  Words,
}
