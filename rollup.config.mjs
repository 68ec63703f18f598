import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import esbuild from 'rollup-plugin-esbuild'
import { besideReport, report } from './bench/page/report.rollup.mjs'
import { declarations } from './declarations/declarations.rollup.mjs'

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
/** What threads run; src/platform starts them by these names. */
const worker = 'src/backends/wasm/threads/worker.ts'
const decodeWorker = 'src/image/worker/decode-worker.ts'
const remoteWorker = 'src/backends/wasm/remote/worker.ts'
const packages = Object.keys(dependencies)

/** Removes chunks of earlier builds, which would be published with this one. */
const withoutStaleChunks = {
  name: 'without-stale-chunks',
  writeBundle({ dir }, made) {
    for (const file of readdirSync(dir)) {
      if (file.endsWith('.js') && !Object.hasOwn(made, file)) rmSync(`${dir}/${file}`)
    }
  },
}

/**
 * One chunk, `core`, of all modules that importing the package in Node loads, except those that a worker
 * imports too. Rollup would split them by what else imports them, and Node takes half a millisecond for a file.
 */
function coreChunk() {
  let core
  return (id, { getModuleInfo, getModuleIds }) => {
    const reachedFrom = (path) => {
      const entry = [...getModuleIds()].find((one) => one.endsWith(path))
      const found = new Set(entry ? [entry] : [])
      for (const one of found)
        for (const next of getModuleInfo(one)?.importedIds ?? []) found.add(next)
      return found
    }
    if (!core) {
      core = reachedFrom('/src/index.ts')
      for (const path of [worker, decodeWorker])
        for (const one of reachedFrom(`/${path}`)) core.delete(one)
    }
    return core.has(id) ? 'core' : undefined
  }
}

/** One bundle per platform: `#platform` is what the conditions of package.json's `imports` say. */
function bundle(folder, conditions, input) {
  return {
    input,
    output: {
      dir: `build/${folder}`,
      format: 'es',
      chunkFileNames: '[name].js',
      ...(folder === 'node' && { manualChunks: coreChunk() }),
      banner: ({ name }) => (name === 'cli' ? '#!/usr/bin/env node' : ''),
    },
    external: (id) =>
      id.startsWith('node:') || packages.some((name) => id === name || id.startsWith(`${name}/`)),
    // A warning (an import that can't be resolved, a circle) is a mistake here.
    onwarn({ message }) {
      throw new Error(message)
    },
    plugins: [
      nodeResolve({ exportConditions: conditions }),
      esbuild({ target: 'es2022' }),
      withoutStaleChunks,
    ],
  }
}

/** The benchmark's page needs nothing but what lies beside it. */
function page(input, files) {
  const base = bundle('page', ['default'], input)
  const copy = {
    name: 'copy',
    generateBundle() {
      for (const file of files) {
        this.emitFile({ type: 'asset', fileName: basename(file), source: readFileSync(file) })
      }
    },
  }
  // What only Node runs is in chunks that a page does not ask for.
  const external = (id) => id.startsWith('node:')
  return { ...base, external, plugins: [besideReport, ...base.plugins, copy] }
}

export default [
  bundle('node', ['node'], {
    index: 'src/index.ts',
    hub: 'src/hub/index.ts',
    cli: 'src/cli/main.ts',
    worker,
    'decode-worker': decodeWorker,
    'bench-engine': 'bench/entries/engine.ts',
    'bench-prepare': 'bench/entries/prepare.ts',
    'bench-calibrator': 'bench/entries/calibrator.ts',
  }),
  bundle('web', ['default'], {
    index: 'src/index.ts',
    hub: 'src/hub/index.ts',
    model: 'src/embedded/model.ts',
    worker,
    'decode-worker': decodeWorker,
    'remote-worker': remoteWorker,
  }),
  page({ main: 'bench/page/main.ts', engine: 'bench/page/engine.ts', worker }, [
    'bench/page/index.html',
    'bench/page/page.css',
  ]),
  report,
  declarations({
    index: 'src/index.ts',
    hub: 'src/hub/index.ts',
    model: 'src/embedded/model.ts',
  }),
]
