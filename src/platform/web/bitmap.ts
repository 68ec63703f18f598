/** A bitmap of pixels as they are stored: without colour conversion, and not rounded by alpha. */
export const toBitmap = (source: ImageBitmapSource): Promise<ImageBitmap> =>
  createImageBitmap(source, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' })
