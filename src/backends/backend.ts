import type { Program } from '../program/program.ts'
import type { Weight } from '../program/values.ts'

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
  /**
   * The same for values in int8, each of which stands for `scale * q`, rounded to f32. The weight becomes
   * what `write` would make of these floats, to the bit; some of its values may come one way and some the
   * other. Only sinks have it that keep integers and save the way over f32.
   * @param region transposed, so its values come column by column
   * @param scales one for each column of the region, whichever of its values are written
   * @throws ArgumentError where the region is not transposed, or has not as many columns as scales
   */
  writeInt8?(
    weight: string,
    region: Region,
    start: number,
    values: Int8Array,
    scales: Float32Array,
  ): void
}

export interface RunOptions {
  signal?: AbortSignal | undefined
  /** Told how long each step of the run took; for profiles. A step's label says what and for whom. */
  onStep?: ((label: string, milliseconds: number) => void) | undefined
}

/** The inputs of a program by name, each row-major `[images, rows, columns]`, of the input's type. */
export type Inputs = Readonly<Record<string, Float32Array | Int32Array>>

/** The outputs of a program by name, row-major `[images, rows, columns]`. */
export type Outputs = Record<string, Float32Array>

export interface CompileOptions {
  /** How many images (or texts) one run takes; 1 unless given. */
  readonly images?: number | undefined
}

/** A program made ready to run over the weights of one model. */
export interface Executable {
  /**
   * Runs the program. Runs may overlap; a backend with threads computes several side by side.
   * @param inputs not to be changed before the run is done
   * @returns the program's outputs; the caller owns them
   * @throws ArgumentError for inputs that are missing, unknown or of another length or type
   */
  run(inputs: Inputs, options?: RunOptions): Promise<Outputs>
  /**
   * The same for a program with one input that is on the GPU, where the backend computes there.
   * @param input a `GPUBuffer` of f32, `[images, rows, columns]`, on the backend's device
   * @param images how many images the buffer holds
   * @returns a `GPUBuffer` of f32 for each output, the caller's to destroy; the GPU may yet be at work
   */
  runOnDevice?(input: object, images: number): Promise<Record<string, object>>
}

/** The weights of one model, and the programs that use them. */
export interface Model extends WeightSink {
  /** Told of a program that is going to be compiled, so that something is done while weights are read. */
  prepare?(program: Program): void
  /** The program's weights must be among those that the model was made with (same name and shape). */
  compile(program: Program, options?: CompileOptions): Executable
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
