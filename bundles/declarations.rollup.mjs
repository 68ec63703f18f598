import { readFileSync } from 'node:fs'
import { dts } from 'rollup-plugin-dts'

/** A type that one runtime's libraries declare and another's don't, and the declaration that fills in. */
const standard = readFileSync(new URL('standard.d.ts', import.meta.url), 'utf8')
const names = [...standard.matchAll(/^(?:type|interface|declare namespace) (\w+)/gm)].map(
  ([, name]) => name,
)

/**
 * Declarations that compile without `lib: ["DOM"]` and without @types/node. A module that needs a name of
 * standard.d.ts declares it for itself, where it hides the global of that name; `using` needs a library that
 * TypeScript has had since 5.2, whatever `lib` says.
 */
const anyLibrary = {
  name: 'any-library',
  renderChunk(code) {
    const needed = names.some((name) => new RegExp(`\\b${name}\\b`).test(code))
    const disposable = /\[Symbol\.(?:asyncD|d)ispose\]|\b(?:Async)?Disposable\b/.test(code)
    const reference = disposable ? '/// <reference lib="esnext.disposable" />\n' : ''
    return { code: reference + (needed ? `${standard}\n` : '') + code, map: null }
  },
}

/** The public types of each entry in one file, and what entries share in another. */
export const declarations = (input) => ({
  input,
  output: {
    dir: 'build/types',
    format: 'es',
    entryFileNames: '[name].d.ts',
    chunkFileNames: 'shared/[name].d.ts',
  },
  plugins: [dts({ tsconfig: 'tsconfig.build.json' }), anyLibrary],
  external: /^#inline\//,
  onwarn({ message }) {
    throw new Error(message)
  },
})
