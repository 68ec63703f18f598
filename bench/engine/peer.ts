import type { Program } from '../../src/program/program.ts'
import type { Case } from '../cases/case.ts'

/** Canonical weights by name, each a row-major matrix of the shape that the program declares. */
export type Weights = ReadonlyMap<string, Float32Array>

/** How the linear layers compute. */
export const dtypes = ['f32', 'f16', 'int16', 'int8'] as const
export type Dtype = (typeof dtypes)[number]

/** A case as an engine is given it. */
export interface Task {
  readonly bench: Case
  /** What is to be computed for each image of the batch. */
  readonly program: Program
  readonly dtype: Dtype
  /** Of our own backend: a build of the kernels, and whether they may have 256 bits. */
  readonly kernels?: string | undefined
  readonly wide?: boolean | undefined
}

/** Writes a model as some engines read it, before they start. */
export interface Format {
  /** The files by name, piece by piece; pieces of one file come one after the other. */
  files(task: Task, weights: Weights): Iterable<readonly [name: string, piece: Uint8Array]>
}

/** What an engine finds around it, the same in Node and in a page. */
export interface Place {
  readonly runtime: 'node' | 'browser'
  /** Imports a module of the engine's packages; `path` begins below their `node_modules`. */
  module<T>(path: string): Promise<T>
  /** Where a file of the engine's packages lies: a path in Node, a URL in a page. */
  asset(path: string): string
  /** Where a file of the model lies: a path in Node, a URL in a page. */
  file(name: string): string
  /** The bytes of a file of the model. */
  read(name: string): Promise<Uint8Array<ArrayBuffer>>
}

/** A model that is loaded and can run. */
export interface Session {
  /** What the engine chose on this machine, where it tells. */
  readonly description?: string
  /**
   * Copying the input in and the output out is part of a run.
   * @param input `[batch, ...program input]`
   * @returns `[batch, ...program output]`
   */
  run(input: Float32Array): Promise<Float32Array>
  dispose(): void | Promise<void>
}

/** An engine under measurement. */
export interface Peer {
  /**
   * Everything between an empty process and a runnable model: imports, reading, compiling.
   * @throws UnsupportedError for what the engine can't do, which is reported as such
   */
  load(task: Task, place: Place): Promise<Session>
}
