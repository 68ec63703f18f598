import { atLeast, type Fields, flag, readOptions, signalField, whole } from '../fields.ts'

export interface RunOptions {
  signal?: AbortSignal | undefined
}

export interface ImageOptions extends RunOptions {
  /** Whether EXIF orientation is applied; true unless said otherwise. */
  orientation?: boolean | undefined
  /** The largest image that is decoded, in pixels; 64 Mi unless said otherwise. */
  maxPixels?: number | undefined
}

export interface ClassifyOptions extends ImageOptions {
  /** How many classes are returned, the most probable first; 5 unless said otherwise, all at most. */
  topK?: number | undefined
}

export interface EmbedOptions extends ImageOptions {
  /**
   * Whether embeddings are scaled to length 1 (L2), so that their dot product is the cosine of their
   * angle; they are not unless said otherwise. A vector of zeros stays as it is.
   */
  normalize?: boolean | undefined
}

export interface LogitsOptions extends RunOptions {
  /** How many images the pixels are; else their number tells. */
  count?: number | undefined
}

export interface DeviceOptions {
  /** How many images the buffer holds; 1 unless said otherwise. */
  count?: number | undefined
}

const runFields: Fields<RunOptions> = { signal: signalField }

const imageFields: Fields<ImageOptions> = {
  ...runFields,
  orientation: flag,
  maxPixels: atLeast(1),
}

const classifyFields: Fields<ClassifyOptions> = { ...imageFields, topK: whole(1) }
const embedFields: Fields<EmbedOptions> = { ...imageFields, normalize: flag }
const logitsFields: Fields<LogitsOptions> = { ...runFields, count: whole(1) }
const deviceFields: Fields<DeviceOptions> = { count: whole(1) }

type Reader<T> = (method: string, given: T | undefined) => T

/** Each reads the options of a method, and throws an `ArgumentError` for what is none. */
export const readImageOptions: Reader<ImageOptions> = (method, given) =>
  readOptions(method, imageFields, given)
export const readRunOptions: Reader<RunOptions> = (method, given) =>
  readOptions(method, runFields, given)
export const readClassifyOptions: Reader<ClassifyOptions> = (method, given) =>
  readOptions(method, classifyFields, given)
export const readEmbedOptions: Reader<EmbedOptions> = (method, given) =>
  readOptions(method, embedFields, given)
export const readLogitsOptions: Reader<LogitsOptions> = (method, given) =>
  readOptions(method, logitsFields, given)
export const readDeviceOptions: Reader<DeviceOptions> = (method, given) =>
  readOptions(method, deviceFields, given)
