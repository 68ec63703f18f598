/**
 * The JPEG decoder that codecs/jpeg/build.mjs makes. This file lies as deep as what is built from it, and
 * in this form bundlers see that the file belongs to the program.
 */
export const decoder = new URL('../../assets/jpeg.wasm', import.meta.url)
