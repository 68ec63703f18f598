import { atLeast, type Fields, flag, signalField, whole } from '../fields.ts'

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

export const imageFields: Fields<ImageOptions> = {
  ...runFields,
  orientation: flag,
  maxPixels: atLeast(1),
}

export const classifyFields: Fields<ClassifyOptions> = { ...imageFields, topK: whole(1) }
export const embedFields: Fields<EmbedOptions> = { ...imageFields, normalize: flag }
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
