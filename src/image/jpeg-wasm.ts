/**
 * The URL of the JPEG decoder built by codecs/jpeg/build.mjs. This file is at the same depth as the bundles built
 * from it, so the relative URL holds in both. Bundlers recognise this form and include the file.
 */
export const decoder = new URL('../../assets/jpeg.wasm', import.meta.url)
