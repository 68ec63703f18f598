/**
 * Every error this package throws on purpose. `code` is stable and meant for programs; `message` is
 * meant for people: what was expected, what was found, what to do. An aborted call throws the
 * `reason` of its `AbortSignal` instead, as the web platform does.
 */
export class VitrineError extends Error {
  readonly code: string
  /** Which of several images it is about, from 0; set by calls that take several. */
  declare readonly index?: number
  /** A short name of that image: its path, its URL without a query, or what kind of object it is. */
  declare readonly image?: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.name = new.target.name
  }
}

/** A file or stream is not what its format says: truncated, lying, overlapping, corrupt. */
export class FormatError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('FORMAT', message, options)
  }
}

/** A well-formed input that this package does not read, or a combination of options it does not run. */
export class UnsupportedError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('UNSUPPORTED', message, options)
  }
}

/** An input that would cost more memory than the declared limit; nothing was allocated for it. */
export class LimitError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('LIMIT', message, options)
  }
}

/** An argument of the caller has the wrong shape, range or type. */
export class ArgumentError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('ARGUMENT', message, options)
  }
}

/** Bytes could not be had: no such file, an HTTP status, a broken connection. */
export class SourceError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('SOURCE', message, options)
  }
}

/** A checkpoint and a model do not fit. All differences are listed, not only the first. */
export class CheckpointError extends VitrineError {
  readonly missing: readonly string[]
  readonly extra: readonly string[]
  readonly misshapen: readonly string[]

  constructor(
    message: string,
    differences: { missing?: string[]; extra?: string[]; misshapen?: string[] } = {},
    options?: ErrorOptions,
  ) {
    super('CHECKPOINT', message, options)
    this.missing = differences.missing ?? []
    this.extra = differences.extra ?? []
    this.misshapen = differences.misshapen ?? []
  }
}

/**
 * Numbers that should be finite are infinite or NaN: weights in a checkpoint, or what a model
 * computes, where a value becomes too large for its type.
 */
export class NumericError extends VitrineError {
  /** The checkpoint's tensors that have such values, as far as they were read. */
  readonly tensors: readonly string[]

  constructor(message: string, tensors: readonly string[] = [], options?: ErrorOptions) {
    super('NUMERIC', message, options)
    this.tensors = tensors
  }
}

/** The machine refused the memory that a model or an image needs. */
export class MemoryError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('MEMORY', message, options)
  }
}

/** A thread that computed for a run died, or its kernels trapped. Other runs are not concerned. */
export class WorkerError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('WORKER', message, options)
  }
}

/** A GPU was lost, refused what was asked of it or had no memory left. */
export class GpuError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('GPU', message, options)
  }
}

/** A model was used after `dispose()`. */
export class DisposedError extends VitrineError {
  constructor(what: string) {
    super('DISPOSED', `${what} was disposed and can't be used any more.`)
  }
}

/**
 * The same error for one of several images, which its message names. It is a copy: several images may
 * have failed with the same one. What is no error of this package is given back as it is.
 * @param image a short name
 */
export function aboutImage(error: unknown, index: number, image?: string): unknown {
  if (!(error instanceof VitrineError)) return error
  const name = image === undefined ? '' : ` (${image})`
  const message = `Image ${index}${name}: ${error.message}`
  const copy = new Error(message, Object.hasOwn(error, 'cause') ? { cause: error.cause } : {})
  const own = { ...error, index, ...(image !== undefined && { image }) }
  // The frames of where it was thrown, below a message of its own.
  copy.stack = `${error.name}: ${message}\n${error.stack?.slice(error.stack.indexOf('\n    at ') + 1)}`
  return Object.assign(Object.setPrototypeOf(copy, Object.getPrototypeOf(error)), own)
}
