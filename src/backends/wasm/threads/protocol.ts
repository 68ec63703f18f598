/** The arguments of the interpreter (assembly/run.ts). */
export type RunArguments = readonly [
  tape: number,
  from: number,
  to: number,
  control: number,
  scratch: number,
  thread: number,
  threads: number,
]

/** Runs this thread's share of records. Returns the index of the first record that was not run. */
export type Interpreter = (...args: RunArguments) => number

/** Messages to a worker, processed in order. */
export type Command =
  /** Instantiates a model: compiled kernels and the shared memory. */
  | {
      readonly type: 'load'
      readonly model: number
      readonly module: WebAssembly.Module
      readonly memory: WebAssembly.Memory
    }
  | { readonly type: 'unload'; readonly model: number }
  /** Runs a share of a segment. The worker replies with one Report. */
  | {
      readonly type: 'run'
      readonly segment: number
      readonly model: number
      readonly args: RunArguments
      /** The number of workers that a blocking caller waits for before any of them starts; 0 if it does not block. */
      readonly joining: number
      /** Whether to measure the time of each record. */
      readonly timed: boolean
    }

/** Messages from a worker: `ready` once, then one for each share. */
export type Report =
  | { readonly type: 'ready' }
  | {
      readonly type: 'done'
      readonly segment: number
      /** The first record that was not run. */
      readonly end: number
      /** Milliseconds of each record, if `timed`. */
      readonly times: readonly number[] | undefined
    }
  | { readonly type: 'failed'; readonly segment: number; readonly message: string }
