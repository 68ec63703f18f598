import { transform } from 'esbuild'

/** Names stay: of functions in stack traces, and of classes, which errors have as `name`. */
const options = {
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
  target: 'es2022',
  format: 'esm',
}

const minify = async (code) => ({ code: (await transform(code, options)).code, map: null })

/** Takes out what people read and engines don't. */
export const minified = { name: 'minified', renderChunk: minify }

/**
 * The same for all chunks but those that some entries load: the library's own stay as they are, lines and all, since
 * people debug through them.
 * @param entries names of entries
 */
export const minifiedBut = (...entries) => ({
  name: 'minified-but',
  renderChunk(code, { fileName }, _, { chunks }) {
    const readable = new Set(
      Object.values(chunks)
        .filter(({ isEntry, name }) => isEntry && entries.includes(name))
        .map((chunk) => chunk.fileName),
    )
    for (const file of readable) {
      const { imports = [], dynamicImports = [] } = chunks[file] ?? {}
      for (const next of [...imports, ...dynamicImports]) readable.add(next)
    }
    return readable.has(fileName) ? null : minify(code)
  },
})
