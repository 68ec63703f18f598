import * as errors from './errors.ts'

/** An error as a message between threads. */
export interface ErrorMessage {
  readonly code: string
  readonly message: string
  /** What else programs read of it. */
  readonly fields: Readonly<Record<string, unknown>>
}

const types: Readonly<Record<string, { readonly prototype: errors.VitrineError }>> = {
  FORMAT: errors.FormatError,
  UNSUPPORTED: errors.UnsupportedError,
  LIMIT: errors.LimitError,
  ARGUMENT: errors.ArgumentError,
  SOURCE: errors.SourceError,
  CHECKPOINT: errors.CheckpointError,
  NUMERIC: errors.NumericError,
  MEMORY: errors.MemoryError,
  WORKER: errors.WorkerError,
  GPU: errors.GpuError,
  DISPOSED: errors.DisposedError,
}

/** Describes an error for another thread. Errors that are not this package's become a WorkerError there. */
export function describeError(error: unknown): ErrorMessage {
  if (!(error instanceof errors.VitrineError)) {
    return { code: 'WORKER', message: String((error as Error)?.message ?? error), fields: {} }
  }
  const { code, message, name: _, ...fields } = error
  return { code, message, fields }
}

/** Recreates an error of another thread with its type. */
export function revive({ code, message, fields }: ErrorMessage): Error {
  const error = new errors.WorkerError(message)
  const type = types[code]
  if (!type) return error
  const name = (type as { readonly name?: string }).name ?? error.name
  return Object.assign(Object.setPrototypeOf(error, type.prototype), { ...fields, code, name })
}
