import { readFileSync } from 'node:fs'
import { transform } from 'esbuild'

/**
 * Writes the members of a file's enums as numbers, as TypeScript does it for a `const enum`, which AssemblyScript does
 * not have. Every member would be two properties of an object otherwise.
 * @param path of a file that imports nothing
 */
export function numbersForEnums(path) {
  const enums = transform(readFileSync(path, 'utf8'), { loader: 'ts', format: 'esm' }).then(
    ({ code }) => import(`data:text/javascript,${encodeURIComponent(code)}`),
  )
  return {
    name: 'numbers-for-enums',
    transform: {
      order: 'pre',
      async handler(code, id) {
        if (!code.includes(path) || id.endsWith(`/${path}`)) return null
        const known = await enums
        const text = code.replace(/\b(\w+)\.(\w+)\b/g, (member, name, key) =>
          Object.hasOwn(known, name) && Object.hasOwn(known[name], key)
            ? String(known[name][key])
            : member,
        )
        return { code: text, map: null }
      },
    },
  }
}
