import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import commonjs from '@rollup/plugin-commonjs'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { transform } from 'esbuild'
import esbuild from 'rollup-plugin-esbuild'
import { licencesInFront } from '../../bundles/licences.rollup.mjs'

/**
 * The report's script with the plots, in one piece, and its looks. `bench/report/html.ts` puts them
 * into pages; the benchmark's page imports them.
 */
export const report = {
  input: { report: 'bench/page/report-page.ts' },
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
        const css = readFileSync(new URL('report.css', import.meta.url), 'utf8')
        const { code } = await transform(css, { loader: 'css', minify: true })
        this.emitFile({ type: 'asset', fileName: 'report.css', source: code })
      },
    },
    licencesInFront,
    {
      // Plots are most of the bench's page; every installation has them, and few look at them.
      name: 'gzipped',
      generateBundle(_, made) {
        const source = gzipSync(made['report.js'].code, { level: 9 })
        this.emitFile({ type: 'asset', fileName: 'report.js.gz', source })
        delete made['report.js']
      },
    },
  ],
}

/** For bundles beside it: `./report.ts` is not bundled again but imported. */
export const besideReport = {
  name: 'beside-report',
  resolveId: (id) => (id === './report.ts' ? { id: './report.js', external: true } : null),
}
