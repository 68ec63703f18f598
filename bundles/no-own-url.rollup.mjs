/** What the loader of @jsquash/webp does where there is no `import.meta.url`. */
const fallback = 'if(import.meta.url===undefined){import.meta.url="https://localhost"}'

/**
 * That loader names the file of its WebAssembly beside itself, and never fetches it, since it is given the compiled module.
 * Bundlers would look for the file, so the loader gets the address that it uses where it has none.
 */
export const noOwnUrl = {
  name: 'no-own-url',
  transform(code, id) {
    if (!id.endsWith('/@jsquash/webp/codec/dec/webp_dec.js')) return null
    if (!code.includes(fallback)) this.error(`${id} is another loader than expected`)
    const text = code.replace(fallback, '').replaceAll('import.meta.url', '"https://localhost"')
    return { code: text, map: null }
  },
}
