/**
 * Compiles the tests and all that they import from this package, once for all their processes: tsx finds and compiles
 * each file again in each process, which takes longer than most tests.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../', import.meta.url))

/** What threads and processes run, by the names that `starters` start it by when they are built. */
const started = {
  worker: 'src/backends/wasm/threads/worker.ts',
  'decode-worker': 'src/image/worker/decode-worker.ts',
  'bench-engine': 'bench/entries/engine.ts',
  'bench-prepare': 'bench/entries/prepare.ts',
  'bench-calibrator': 'bench/entries/calibrator.ts',
}
const starters = ['src/platform/node/workers.ts', 'bench/drive/process.ts']

/**
 * @param files paths of tests below test/
 * @returns tells where a file is, compiled; the folder of all is removed when this process ends
 */
export async function compile(files) {
  // Below the root, where Node finds the packages.
  const folder = mkdtempSync(join(root, 'build/tests-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const nameOf = (file) => `test/${file.replace(/\.ts$/, '')}`
  await build({
    absWorkingDir: root,
    entryPoints: [
      ...files.map((file) => ({ in: `test/${file}`, out: nameOf(file) })),
      ...Object.entries(started).map(([out, path]) => ({ in: path, out })),
    ],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Not esbuild's own `module`, which Node does not have; `built` as in src/platform/node/workers.ts.
    conditions: ['built'],
    packages: 'external',
    sourcemap: 'linked',
    sourcesContent: false,
    define: { 'import.meta.url': '__ownUrl' },
    logLevel: 'warning',
    plugins: [ownUrls(folder)],
  })
  return (file) => join(folder, `${nameOf(file)}.js`)
}

/**
 * Each file keeps the URL of its source, and so finds what lies beside that; what starts others finds those
 * that are compiled.
 */
function ownUrls(folder) {
  const starting = new Set(starters.map((path) => join(root, path)))
  return {
    name: 'own-urls',
    setup({ onLoad }) {
      onLoad({ filter: /\.(ts|mjs|js)$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8')
        if (!text.includes('import.meta.url')) return
        const url = pathToFileURL(starting.has(path) ? join(folder, 'start.js') : path).href
        // On the first line, so that the others keep their numbers.
        const contents = `const __ownUrl = ${JSON.stringify(url)};${text}`
        return { contents, loader: path.endsWith('.ts') ? 'ts' : 'js' }
      })
    },
  }
}
