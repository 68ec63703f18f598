import { atLeast, type Fields, flag, oneOf, readOptions, signalField, whole } from '../fields.ts'
import { DECODER_NAMES } from '../image/decode.ts'

/** Options of every call that computes. */
export interface RunOptions {
  /** Aborts the call, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined
}

/** Options of every call that takes images. */
export interface ImageOptions extends RunOptions {
  /** Whether to rotate an image by the orientation in its metadata; true by default. */
  orientation?: boolean | undefined
  /** The most pixels of an image, from 1; 64 Mi by default. Larger images are refused before they are decoded. */
  maxPixels?: number | undefined
  /**
   * Whose decoder decodes files in browsers: `browser`, that of the browser where it gives the same pixels, or `vitrine`,
   * always the one of this package, which is downloaded then. Elsewhere there is only the latter.
   */
  decoder?: 'browser' | 'vitrine' | undefined
}

/** Options of `classify` and `classifyAll`. */
export interface ClassifyOptions extends ImageOptions {
  /** How many classes to return, from 1; 5 by default. A model with fewer classes returns all. */
  topK?: number | undefined
}

/** Options of `embed` and `embedAll`. */
export interface EmbedOptions extends ImageOptions {
  /**
   * Whether to scale each vector to length 1 (L2), so that the dot product of two is the cosine of their angle;
   * false by default. A vector of zeros is not scaled.
   */
  normalize?: boolean | undefined
}

/** Options of `logits`. */
export interface LogitsOptions extends RunOptions {
  /** How many images the pixels are, from 1; by default as many as their length gives. */
  count?: number | undefined
}

/** Options of `logitsOnDevice`. */
export interface DeviceOptions {
  /** How many images the buffer holds, from 1; 1 by default. */
  count?: number | undefined
}

const runFields: Fields<RunOptions> = { signal: signalField }

const imageFields: Fields<ImageOptions> = {
  ...runFields,
  orientation: flag,
  maxPixels: atLeast(1),
  decoder: oneOf(...DECODER_NAMES),
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
