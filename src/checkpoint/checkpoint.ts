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
  close(): Promise<void>
}

/** What a checkpoint can be opened from. */
export type CheckpointInput =
  | string
  | URL
  | Blob
  | ArrayBuffer
  | Uint8Array
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>

export interface LoadProgress {
  readonly phase: 'open' | 'weights'
  /** Bytes of tensor data done so far, as stored in the file. */
  readonly loaded: number
  readonly total: number
}

/** Of a published file that is not in the cache yet. Its weights are loaded while it comes. */
export interface DownloadProgress {
  readonly phase: 'download'
  readonly file: string
  /** Bytes of the file that are there; `total` is 0 where the server does not say how many there are. */
  readonly loaded: number
  readonly total: number
  /** Bytes per second, over the last few seconds. */
  readonly rate: number
  readonly secondsLeft?: number
  /** Told before a pause: an attempt failed, for this reason, and the next one comes in so many seconds. */
  readonly retry?: { readonly seconds: number; readonly reason: string }
}

export type Progress = LoadProgress | DownloadProgress

export interface OpenOptions {
  signal?: AbortSignal | undefined
  onProgress?: ((progress: Progress) => void) | undefined
  /** Largest sum of uncompressed tensor bytes that is accepted; 8 GiB unless told. */
  maxBytes?: number | undefined
}
