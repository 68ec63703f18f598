import type { Program } from '../../src/program/program.ts'

/** Canonical weights by name, each a row-major matrix of the shape that the program declares. */
export type Weights = ReadonlyMap<string, Float32Array>

export interface LoadOptions {
  /** Threads that compute, the calling one included. */
  threads: number
  /** Whether an engine that can choose may use 256-bit WebAssembly kernels. */
  wide: boolean
}

/** A model that is loaded and can run. */
export interface Session {
  /** What the engine chose on this machine, where it tells. */
  description?: string
  /**
   * @param pixels `[height, width, 3]`, normalised
   * @returns logits; copying pixels in and logits out is part of the run
   */
  run(pixels: Float32Array): Promise<Float32Array>
  dispose(): void | Promise<void>
}

/** An engine under measurement. */
export interface Peer {
  /** The installed version; throws where the engine is not installed. */
  version(): string
  /**
   * Writes the model as the engine reads it. Happens in a process of its own, so that neither its
   * time nor its memory is charged to the engine.
   */
  prepare(program: Program, weights: Weights, directory: string): Promise<void>
  /** Everything between an empty process and a runnable model: imports, reading, compiling. */
  load(program: Program, directory: string, options: LoadOptions): Promise<Session>
}
