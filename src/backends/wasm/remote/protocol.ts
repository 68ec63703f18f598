import type { ErrorMessage } from '../../../error-message.ts'
import type { Program } from '../../../program/program.ts'
import type { Weight } from '../../../program/values.ts'
import type { CompileOptions, Dtype, Inputs, Outputs, Region } from '../../backend.ts'
import type { Build } from '../builds/builds.ts'

/** Values of a weight, in the buffer of the message. Integers have scales, one for each column of the region. */
export interface Write {
  readonly weight: string
  readonly region: Region
  readonly start: number
  /** Where the values begin, in bytes. */
  readonly at: number
  readonly count: number
  readonly scales?: { readonly at: number; readonly count: number } | undefined
}

/** What the page asks of the worker, processed in order. Each request gets one reply. */
export type Request =
  | {
      readonly type: 'create'
      readonly model: number
      readonly build: Build
      readonly module: WebAssembly.Module
      readonly weights: readonly Weight[]
      readonly dtype: Dtype
    }
  | {
      readonly type: 'write'
      readonly model: number
      readonly buffer: ArrayBuffer
      readonly writes: readonly Write[]
    }
  | {
      readonly type: 'compile'
      readonly model: number
      readonly executable: number
      readonly program: Program
      readonly options: CompileOptions | undefined
    }
  | {
      readonly type: 'run'
      readonly model: number
      readonly executable: number
      readonly inputs: Inputs
      /** Whether to measure the time of each step. */
      readonly timed: boolean
    }
  /** Aborts a run, named by the number of its call. */
  | { readonly type: 'abort'; readonly run: number }
  | { readonly type: 'dispose'; readonly model: number }
  /** Asks whether the worker still answers. */
  | { readonly type: 'ping' }

export interface Call {
  readonly call: number
  readonly request: Request
}

/** What a request results in. */
export interface Results {
  readonly create: undefined
  /** The buffer, to be used again. */
  readonly write: ArrayBuffer
  readonly compile: undefined
  readonly run: {
    readonly outputs: Outputs
    /** Label and milliseconds of each step, if `timed`. */
    readonly steps: readonly (readonly [label: string, milliseconds: number])[]
  }
  readonly abort: undefined
  readonly dispose: undefined
  readonly ping: undefined
}

/** Messages of the worker: `ready` once, then one for each request. */
export type Reply =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly call: number; readonly result: Results[Request['type']] }
  | { readonly type: 'failed'; readonly call: number; readonly error: ErrorMessage }
