/**
 * The base class of all errors that this package throws on purpose. `code` is stable and meant for programs;
 * `message` is meant for people: what was expected, what was found, what to do. An aborted call throws the
 * `reason` of its `AbortSignal` instead, as the web platform does.
 */
export class VitrineError extends Error {
  /** What went wrong, for programs: `ARGUMENT`, `SOURCE`, `FORMAT`, … Each class has one, which never changes. */
  readonly code: string
  /** The position, from 0, of the image that failed; set by calls that take several images. */
  declare readonly index?: number
  /** A short name of that image: its path, its URL without a query, or its kind of object. */
  declare readonly image?: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.name = new.target.name
  }
}

/** `FORMAT`: a file or stream is malformed: truncated, damaged, contradictory, or of another format. */
export class FormatError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('FORMAT', message, options)
  }
}

/** `UNSUPPORTED`: a valid file that this package does not read, or a combination of options that it does not run. */
export class UnsupportedError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('UNSUPPORTED', message, options)
  }
}

/** `LIMIT`: an input exceeds a limit (`maxBytes`, `maxPixels`, waiting runs). Nothing was allocated for it. */
export class LimitError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('LIMIT', message, options)
  }
}

/** `ARGUMENT`: an argument or option does not exist, or has the wrong type, shape or range. */
export class ArgumentError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('ARGUMENT', message, options)
  }
}

/** `SOURCE`: bytes can't be read: no such file or name, an HTTP status, a broken connection. */
export class SourceError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('SOURCE', message, options)
  }
}

/** `CHECKPOINT`: a checkpoint does not match the model. All differences are listed, not only the first. */
export class CheckpointError extends VitrineError {
  /** Names of tensors that the model needs and the checkpoint does not have. */
  readonly missing: readonly string[]
  /** Names of tensors that the model does not know. */
  readonly extra: readonly string[]
  /** Tensors of another shape or type than the model's: the name, what was found, what was expected. */
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
 * `NUMERIC`: numbers are infinite or NaN: weights in a checkpoint, or a model's outputs, if a value becomes too
 * large for its type.
 */
export class NumericError extends VitrineError {
  /** The names of the checkpoint's tensors that have such values, as far as they were read. */
  readonly tensors: readonly string[]

  constructor(message: string, tensors: readonly string[] = [], options?: ErrorOptions) {
    super('NUMERIC', message, options)
    this.tensors = tensors
  }
}

/** `MEMORY`: the machine has not enough memory for a model or an image. */
export class MemoryError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('MEMORY', message, options)
  }
}

/** `WORKER`: a thread died while it computed a run, or its kernels trapped. Other runs continue. */
export class WorkerError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('WORKER', message, options)
  }
}

/** `GPU`: a GPU was lost and there is no other, or it rejected an operation. */
export class GpuError extends VitrineError {
  constructor(message: string, options?: ErrorOptions) {
    super('GPU', message, options)
  }
}

/** `DISPOSED`: a model was used after `dispose()`, or disposed during a call. */
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
