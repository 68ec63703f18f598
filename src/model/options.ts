import { atLeast, type Fields, flag, oneOf, signalField, whole } from '../fields.ts'
import { DECODER_NAMES } from '../image/decode.ts'
import type { Pool } from './pools.ts'

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
   * What the embedding is made of: `class`, the class token; `mean`, the mean of the patches' tokens; `map`, the model's
   * attention pooling. Each is after the model's last norm. By default what the model's head multiplies.
   */
  pool?: Exclude<Pool, 'tokens'> | undefined
  /**
   * Whether to scale each vector to length 1 (L2), so that the dot product of two is the cosine of their angle;
   * false by default. A vector of zeros is not scaled.
   */
  normalize?: boolean | undefined
}

/** Options of `embed` and `embedAll` for the tokens of an image's patches instead of one vector. */
export interface TokensOptions extends Omit<EmbedOptions, 'pool'> {
  /** The tokens of all patches, with their grid, after the model's last norm. */
  pool: 'tokens'
}

/** Options of `features`. */
export interface FeaturesOptions extends ImageOptions {
  /**
   * After which blocks: their numbers, from 0, negative ones from the end; or how many of the last ones, from 1. 1 by
   * default, which is the last block.
   */
  layers?: number | readonly number[] | undefined
  /**
   * Whether the model's last norm is applied to each; by default where the model has one over all tokens, which it lacks
   * if its norm comes after pooling.
   */
  norm?: boolean | undefined
  /** Whether `patches` is `[width, rows, columns]`; false by default: `[tokens, width]`. */
  reshape?: boolean | undefined
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

export const runFields: Fields<RunOptions> = { signal: signalField }

export const imageFields: Fields<ImageOptions> = {
  ...runFields,
  orientation: flag,
  maxPixels: atLeast(1),
  decoder: oneOf(...DECODER_NAMES),
}

export const classifyFields: Fields<ClassifyOptions> = { ...imageFields, topK: whole(1) }
export const embedFields: Fields<EmbedOptions> = {
  ...imageFields,
  pool: oneOf('class', 'mean', 'map', 'tokens'),
  normalize: flag,
}
export const logitsFields: Fields<LogitsOptions> = { ...runFields, count: whole(1) }
export const deviceFields: Fields<DeviceOptions> = { count: whole(1) }

/**
 * Says what is wrong with options that `validOptions` does not take. The words for it are loaded when they are needed;
 * right options are read at once, and so are the images that come with them.
 * @throws ArgumentError
 */
export async function refuseOptions<T extends object>(
  method: string,
  fields: Fields<T>,
  given: unknown,
): Promise<T> {
  const { readOptions } = await import('../check-fields.ts')
  return readOptions(method, fields, given)
}
