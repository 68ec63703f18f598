import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import commonjs from '@rollup/plugin-commonjs'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { transform } from 'esbuild'
import esbuild from 'rollup-plugin-esbuild'
import { licencesInFront } from '../../bundles/licences.rollup.mjs'

/**
 * The script of a self-contained page with its packages, in one piece, and its looks: `NAME.js.gz` and `NAME.css`.
 * `bench/report/built-page.ts` reads them, `self-contained.ts` puts them into pages.
 * @param name of the files
 * @param script the module that the page begins with
 * @param looks the path of its CSS
 */
export const selfContained = (name, script, looks) => ({
  input: { [name]: script },
  output: { dir: 'build/page', format: 'es' },
  // Circles of modules inside packages are theirs, and harmless there.
  onwarn({ code, ids, message }) {
    const theirs =
      code === 'CIRCULAR_DEPENDENCY' && ids?.every((id) => id.includes('/node_modules/'))
    if (!theirs) throw new Error(message)
  },
  plugins: [
    nodeResolve({ exportConditions: ['default'] }),
    // One package that the plots' library has is not an ES module.
    commonjs(),
    esbuild({ target: 'es2022', minify: true }),
    {
      name: 'looks',
      async generateBundle() {
        const { code } = await transform(readFileSync(looks, 'utf8'), {
          loader: 'css',
          minify: true,
        })
        this.emitFile({ type: 'asset', fileName: `${name}.css`, source: code })
      },
    },
    licencesInFront,
    {
      // Every installation has these pages, and few look at them.
      name: 'gzipped',
      generateBundle(_, made) {
        const source = gzipSync(made[`${name}.js`].code, { level: 9 })
        this.emitFile({ type: 'asset', fileName: `${name}.js.gz`, source })
        delete made[`${name}.js`]
      },
    },
  ],
})

/** The report of a benchmark; the benchmark's page imports it. */
export const report = selfContained('report', 'bench/page/report-page.ts', 'bench/page/report.css')

/** For bundles beside it: `./report.ts` is not bundled again but imported. */
export const besideReport = {
  name: 'beside-report',
  resolveId: (id) => (id === './report.ts' ? { id: './report.js', external: true } : null),
}
