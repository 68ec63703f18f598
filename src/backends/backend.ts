import type { Program, Weight } from '../program/program.ts'

/**
 * How the linear layers inside a model compute (kernels that are not `precise`): `int16` with weights
 * of 11 bits and activations of 12, `int8` with weights of 8 bits and activations of 7, both quantised
 * when they are known. All else is f32. `f16` is for GPUs: kernels and what they multiply are stored
 * so, sums, norms, softmax and the residual stream are f32.
 */
export type Dtype = 'f32' | 'f16' | 'int16' | 'int8'

export const dtypes: readonly Dtype[] = ['f32', 'f16', 'int16', 'int8']

/**
 * A rectangle of a weight matrix, and the order in which its elements arrive: row by row, or column
 * by column (`transposed`, as PyTorch stores `[out, in]`).
 */
export interface Region {
  readonly row: number
  readonly column: number
  readonly rows: number
  readonly columns: number
  readonly transposed: boolean
}

/** Takes the values of weights while they are read, so that no second copy of a model is made. */
export interface WeightSink {
  /**
   * Values `start`, `start + 1`, … of a region, in the region's order. The array may be reused by
   * the caller afterwards.
   */
  write(weight: string, region: Region, start: number, values: Float32Array): void
}

export interface RunOptions {
  signal?: AbortSignal | undefined
  /** Told how long each step of the run took; for profiles. A step's label says what and for whom. */
  onStep?: ((label: string, milliseconds: number) => void) | undefined
}

/** A program made ready to run over the weights of one model. */
export interface Executable {
  /**
   * Runs the program for one image. Runs may overlap; a backend with threads computes several images
   * side by side.
   * @param pixels `[height, width, 3]`, normalised; not to be changed before the run is done
   * @returns the program's outputs by name, row-major; the caller owns them
   */
  run(pixels: Float32Array, options?: RunOptions): Promise<Record<string, Float32Array>>
  /**
   * The same for several images whose pixels are on the GPU, where the backend is one.
   * @param input a `GPUBuffer` of f32, `[images, height, width, 3]`, on the backend's device
   * @returns a `GPUBuffer` of f32 for each output, the caller's to destroy; the GPU may yet be at work
   */
  runOnDevice?(input: object, images: number): Promise<Record<string, object>>
}

/** The weights of one model, and the programs that use them. */
export interface Model extends WeightSink {
  /** Told of a program that is going to be compiled, so that something is done while weights are read. */
  prepare?(program: Program): void
  /** The program's weights must be among those that the model was made with (same name and shape). */
  compile(program: Program): Executable
  dispose(): void
}

/** Writes all weights of a model once more, where its backend has lost them. */
export type Refill = (sink: WeightSink) => Promise<void>

/** Runs programs. It knows operations, not model families. */
export interface Backend {
  readonly name: string
  /** What was chosen and why, for people (`vitrine doctor`, `vit.backend`). */
  readonly description: string
  /** The narrowest type that it computes in; f32 where that is all. */
  readonly dtype?: Dtype
  /** How many threads compute, and why; missing where there is but the caller's. */
  readonly threads?: { readonly count: number; readonly reason: string }
  /** How many runs that wait are computed together; missing where each is for itself. */
  readonly together?: number
  /** The `GPUDevice` in use, where there is one; another one once it was lost. */
  readonly device?: object
  /** @param refill missing where the weights can't be had again */
  createModel(weights: readonly Weight[], refill?: Refill): Model
  /** Gives back what is the backend's own, when no model is used any more. */
  dispose?(): void
}
