import type { Program } from '../program/program.ts'
import type { TrainingProgram } from '../program/training/operations.ts'
import type { UpdatedWeight, UpdateRule, Updates } from '../program/training/update-rule.ts'
import type { Weight } from '../program/values.ts'

/**
 * The number type of a model's linear layers, except kernels marked `precise`. `int16`: 11-bit weights
 * and 12-bit activations. `int8`: 8-bit weights and 7-bit activations. In both, weights are quantised
 * at load and activations at run time; everything else is f32. `f16` is for GPUs: weights and the
 * inputs of products are stored as f16; sums, norms, softmax and the residual stream stay f32.
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

/** Receives weight values while a file is read, so that the model is never in memory twice. */
export interface WeightSink {
  /**
   * Writes values `start`, `start + 1`, … of a region, in the region's order. The caller may reuse the
   * array afterwards.
   */
  write(weight: string, region: Region, start: number, values: Float32Array): void
  /**
   * Writes int8 values, each of which stands for `scale * q` rounded to f32. The result is bit-identical to
   * writing those floats with `write`; the two may be mixed for one weight. Only sinks that keep integers
   * have this method, to avoid the detour over f32.
   * @param region transposed, so that values arrive column by column
   * @param scales one for each column of the region, whichever of its values are written
   * @throws ArgumentError where the region is not transposed, or has another number of columns
   */
  writeInt8?(
    weight: string,
    region: Region,
    start: number,
    values: Int8Array,
    scales: Float32Array,
  ): void
  /**
   * Waits until the sink can take more. Sinks that hand values on have this method; call it between blocks, so
   * that a fast file does not pile up in memory, and after the last.
   * @throws what made writing fail
   */
  drain?(): Promise<void>
}

export interface RunOptions {
  signal?: AbortSignal | undefined
  /** Called with the duration of each step, for profiles. The label names the operation and its output. */
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
   * @param inputs must not change until the run is done
   * @returns the program's outputs; the caller owns them
   * @throws ArgumentError for missing or unknown inputs, and for a wrong length or type
   */
  run(inputs: Inputs, options?: RunOptions): Promise<Outputs>
  /**
   * The same for a program with one input that is already on the GPU. Only GPU backends have it.
   * @param input a `GPUBuffer` of f32, `[images, rows, columns]`, on the backend's device
   * @param images how many images the buffer holds
   * @returns a `GPUBuffer` of f32 for each output, which the caller destroys; the GPU may still be computing it
   */
  runOnDevice?(input: object, images: number): Promise<Record<string, object>>
  /**
   * Frees what it holds between runs, once none is under way; the next run makes it again. Backends whose executables
   * hold memory of their own have it.
   */
  release?(): void
}

/** The weights of one model, and the programs that use them. */
export interface Model extends WeightSink {
  /** Announces a program that will be compiled, so that the backend can prepare while weights are read. */
  prepare?(program: Program): void
  /** The program may use only weights that the model was created with, by name and shape. */
  compile(program: Program, options?: CompileOptions): Executable
  /**
   * The same for a program of training, whose updates change the weights when a run is done. Its runs are computed one
   * after the other, and not beside others of this model. Only backends that train have it.
   */
  compileTraining?(program: TrainingProgram, options?: CompileOptions): Executable
  /**
   * Reads a weight as it is now, row-major. Backends that train have it.
   * @throws ArgumentError for an unknown weight
   */
  read?(weight: string): Promise<Float32Array>
  /**
   * The same at once, between runs. Backends that have `compileUpdates` have it.
   * @throws ArgumentError while a program of training runs too
   */
  readNow?(weight: string): Float32Array
  /**
   * Prepares updates of weights that all belong to the model. Backends that do not have it train too: then the caller
   * reads gradients and writes weights.
   */
  compileUpdates?(rule: UpdateRule, weights: readonly UpdatedWeight[]): Updates
  dispose(): void
}

export interface RefillOptions {
  /** Names of the weights that are wanted; all unless given. */
  readonly weights?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** Reads weights of a model from its checkpoint again, for a backend that has lost them or to show them. */
export type Refill = (sink: WeightSink, options?: RefillOptions) => Promise<void>

/** What training takes of a backend's memory, in bytes. */
export interface TrainingMemory {
  /** For weights and gradients, from when the model is created. */
  readonly weights: number
  /** For one run: values, what is kept for the gradients, transposed kernels. */
  readonly run: number
  /** The most that the backend has for both. */
  readonly limit: number
}

/** Runs programs. It knows operations, not model families. */
export interface Backend {
  readonly name: string
  /** What was chosen and why, as text for `vitrine doctor` and `vit.backend`. */
  readonly description: string
  /** The narrowest type it computes in; f32 if absent. */
  readonly dtype?: Dtype
  /** How many threads compute, and why; absent where only the caller's thread does. */
  readonly threads?: { readonly count: number; readonly reason: string }
  /** Whether models have `compileUpdates`. */
  readonly updates?: boolean
  /** How many waiting runs are computed as one batch; absent where runs are not batched. */
  readonly together?: number
  /** The `GPUDevice` in use, if any. After a device loss it is a new one. */
  readonly device?: object
  /** @param refill absent where the weights can't be read again */
  createModel(weights: readonly Weight[], refill?: Refill): Model
  /** Computes, without taking it, what memory a model takes while it is trained; absent where that is not known. */
  trainingMemory?(
    weights: readonly Weight[],
    program: TrainingProgram,
    images: number,
  ): TrainingMemory
  /** Frees what the backend itself holds. Call it after all models are disposed. */
  dispose?(): void
}
