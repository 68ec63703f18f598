import type { AnyConfig } from 'vitrine'

/** The height and width of a patch, in pixels of the input. */
export function patchPixels(config: AnyConfig): readonly [height: number, width: number] {
  if (config.family !== 'hybrid') return config.patchSize
  // A hybrid cuts patches from features: the stem's stride is 4, and every stage but the first halves them.
  const stride = 4 * 2 ** Math.max(0, config.units.length - 1)
  const [height, width] = config.patchSize
  return [height * stride, width * stride]
}
