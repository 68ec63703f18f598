import type { ByteSource } from './source/source.ts'

/** Element types that checkpoints are stored in. */
export type DType =
  | 'f16'
  | 'bf16'
  | 'f32'
  | 'f64'
  | 'i8'
  | 'i16'
  | 'i32'
  | 'i64'
  | 'u8'
  | 'u16'
  | 'u32'
  | 'u64'
  | 'bool'

/** What a file says of one tensor before its data is read. */
export interface TensorInfo {
  /** As stored, without the container's suffix (`.npy`). */
  readonly name: string
  readonly dtype: DType
  readonly shape: readonly number[]
}

export interface ReadOptions {
  signal?: AbortSignal | undefined
}

/** An open checkpoint: its tensors by name, each readable as a stream of f32 values. */
export interface CheckpointFile {
  readonly format: 'npz' | 'safetensors'
  /** For messages: the path, the URL, or what kind of object it came from. */
  readonly name: string
  readonly tensors: ReadonlyMap<string, TensorInfo>
  /** safetensors' `__metadata__`; empty for npz. */
  readonly metadata: Readonly<Record<string, string>>
  /**
   * The values of one tensor in row-major order, converted to f32, in blocks of any length. A block
   * is valid until the next one is asked for. An i8 tensor `x` that has a sibling `x.scale` (f32,
   * one value per row of the first dimension) comes multiplied by it.
   * @throws FormatError where the data is not what the headers say (length, CRC)
   */
  read(tensor: string, options?: ReadOptions): AsyncIterable<Float32Array>
  /**
   * The values of an i8 tensor as they are stored, without its scales; else like `read`. Missing where a
   * file is only read as f32.
   */
  readInt8?(tensor: string, options?: ReadOptions): AsyncIterable<Int8Array>
  /**
   * Where the values of a tensor lie as they are stored: row-major, little-endian, from `offset` on. Missing where a
   * format stores them otherwise.
   */
  locate?(tensor: string): { readonly source: ByteSource; readonly offset: number }
  close(): Promise<void>
}

/**
 * What a checkpoint can be opened from: a path, a URL or the name of a published checkpoint as a string; a `URL`; bytes;
 * or a stream, which is read once, from start to end. Bytes must not be changed or transferred before `load` is done.
 */
export type CheckpointInput =
  | string
  | URL
  | Blob
  | ArrayBuffer
  | Uint8Array
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>

/** How far a file is read. */
export interface LoadProgress {
  /** `open` while headers are read, `weights` while tensors are. */
  readonly phase: 'open' | 'weights'
  /** Bytes of tensors that are read, as stored in the file. */
  readonly loaded: number
  /** Bytes of all tensors, as stored in the file. */
  readonly total: number
}

/** How far the download of a published file is. Its weights are loaded while it arrives. */
export interface DownloadProgress {
  /** Always `download`. */
  readonly phase: 'download'
  /** The name of the file. */
  readonly file: string
  /** Bytes of the file that have arrived. */
  readonly loaded: number
  /** Bytes of the whole file; 0 if the server does not say. */
  readonly total: number
  /** Bytes per second, over the last few seconds. */
  readonly rate: number
  /** The seconds that the rest will take at this rate, if the size is known. */
  readonly secondsLeft?: number
  /** Before a pause: an attempt failed for this reason, and the next one follows in so many seconds. */
  readonly retry?: { readonly seconds: number; readonly reason: string }
}

/** What `onProgress` receives. */
export type Progress = LoadProgress | DownloadProgress

/** Options of everything that opens a checkpoint. */
export interface OpenOptions {
  /** Aborts; `load` rejects with the signal's reason. */
  signal?: AbortSignal | undefined
  /** Called while a file is read, and while a published one is downloaded. */
  onProgress?: ((progress: Progress) => void) | undefined
  /** The most bytes of all tensors together, uncompressed, from 0; 8 GiB by default. More is a LimitError. */
  maxBytes?: number | undefined
}
