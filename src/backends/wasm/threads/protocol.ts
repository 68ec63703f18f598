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

/** Runs a share of records; the first that was not run. */
export type Interpreter = (...args: RunArguments) => number

/** What a worker is told. Everything is done in the command in which it was said. */
export type Command =
  /** A model to come: kernels, compiled, and the memory that they share with others. */
  | {
      readonly type: 'load'
      readonly model: number
      readonly module: WebAssembly.Module
      readonly memory: WebAssembly.Memory
    }
  | { readonly type: 'unload'; readonly model: number }
  /** A share of a run. Every one is answered by a Report. */
  | {
      readonly type: 'run'
      readonly segment: number
      readonly model: number
      readonly args: RunArguments
      /** How many workers a caller that blocks waits for before any of them begins; 0 where nobody does. */
      readonly joining: number
      /** Whether the time of each record is wanted. */
      readonly timed: boolean
    }

/** What a worker says: that it is there, once, then how each share ended. */
export type Report =
  | { readonly type: 'ready' }
  | {
      readonly type: 'done'
      readonly segment: number
      /** The first record that was not run. */
      readonly end: number
      /** Milliseconds of each record, where they were asked for. */
      readonly times: readonly number[] | undefined
    }
  | { readonly type: 'failed'; readonly segment: number; readonly message: string }
