import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { basename } from 'node:path'
import commonjs from '@rollup/plugin-commonjs'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import esbuild from 'rollup-plugin-esbuild'
import { besideReport, report, selfContained } from './bench/page/report.rollup.mjs'
import { chunks } from './bundles/chunks.rollup.mjs'
import { declarations } from './bundles/declarations.rollup.mjs'
import { numbersForEnums } from './bundles/enums.rollup.mjs'
import { leaveOut } from './bundles/left-out.rollup.mjs'
import { licencesBeside } from './bundles/licences.rollup.mjs'
import { minified, minifiedBut } from './bundles/minify.rollup.mjs'
import { noOwnUrl } from './bundles/no-own-url.rollup.mjs'
import { ownCopy } from './bundles/own-copy.rollup.mjs'

/** What threads run; src/platform starts them by these names. */
const workers = {
  worker: 'src/backends/wasm/threads/worker.ts',
  'decode-worker': 'src/image/worker/decode-worker.ts',
}
/**
 * Those of browsers are whole in one file each, without dynamic imports: their start is waited for, and some bundlers
 * refuse chunks in a worker. The decoders' bytes, which the page has too, are static imports.
 */
const wholeWorkers = { ...workers, 'remote-worker': 'src/backends/wasm/remote/worker.ts' }

/** What pages load when they need it, and Node reads with the package, since one file is read faster than two. */
const soonImported = [
  'src/hub/locate.ts',
  'src/families/foreign-plan.ts',
  'src/families/published.ts',
  'src/checkpoint/source/named.ts',
  'src/load-options.ts',
  'src/check-fields.ts',
  'src/image/preprocess/resolve-recipe.ts',
  'src/image/preprocess/pillow-resize.ts',
  'src/image/preprocess/tensorflow-resize.ts',
  'src/concurrent-map.ts',
  'src/image/name.ts',
  'src/image/read-from.ts',
  'src/image/worker/pool.ts',
  'src/image/formats/jpeg/format.ts',
  'src/image/formats/png-format.ts',
  'src/image/formats/png.ts',
  'src/image/formats/webp-format.ts',
  'src/model/attention.ts',
]

/** What the two ways to WebAssembly in a page share; a page takes one of them. */
const sharedByBackends = [
  'src/backends/wasm/builds/choose.ts',
  'src/backends/wasm/builds/kernels.ts',
  'src/backends/inputs.ts',
  'src/backends/weights.ts',
]

const { peerDependencies } = JSON.parse(
  readFileSync(new URL('package.json', import.meta.url), 'utf8'),
)

/** Removes chunks of earlier builds, which would be published with this one; some files are of other bundles. */
const others = new Set(['core', ...Object.keys(wholeWorkers)].map((name) => `${name}.js`))
const withoutStaleChunks = {
  name: 'without-stale-chunks',
  writeBundle({ dir }, made) {
    for (const old of readdirSync(dir)) {
      const isKept = Object.hasOwn(made, old) || others.has(old)
      if (old.endsWith('.js') && !isKept) rmSync(`${dir}/${old}`)
    }
  },
}

/**
 * The whole program in one file, without dynamic imports.
 * @param config.parts what the bundle leaves out, by path; what to do instead is `instead` unless a part says so itself
 */
function singleFile(dir, name, conditions, { called, parts, instead, plugins }) {
  const left = Object.fromEntries(
    Object.entries(parts).map(([path, part]) => [
      path,
      typeof part === 'string' ? [part, instead] : part,
    ]),
  )
  return bundle(
    dir,
    conditions,
    { [name]: 'src/index.ts' },
    {
      plugins: [...plugins, leaveOut(called, left), minified],
      output: { inlineDynamicImports: true },
    },
  )
}

/** Only pages have it. */
const remoteBackend = 'src/backends/wasm/remote/remote.ts'

/** Left out of what has to be small. */
const optionalParts = {
  'src/backends/choose.ts': 'WebGPU backend',
  'src/backends/tfjs/tfjs.ts': 'TensorFlow.js backend',
  'src/backends/reference/reference.ts': 'reference backend',
  'src/backends/wasm/v8/wide.ts': '256-bit kernels',
  'src/backends/wasm/v8/compile.ts': "use of V8's flags",
  'src/embedded/model.ts': 'model of its own',
  '#inline/imagenet21k.synsets': 'synsets of ImageNet-21k',
  '#inline/imagenet2012.synsets': 'synsets of ImageNet',
}

/** A file can't be imported there, and this package does not know where it is deployed. */
const modelOnEdge = [
  'model in its code',
  'run "npx vitrine copy-model FOLDER" with a folder that you deploy, and pass its URL, its bytes or a stream of them to load()',
]

/** What builds share lies beside their folders: the files of assembly/build.mjs and assets/build.mjs. */
const beside = {
  name: 'beside',
  resolveId(source) {
    const inline = /^#inline\/(.+)$/.exec(source)
    const wasm = /\/build\/(.+\.wasm)$/.exec(source)
    if (inline) return { id: `../inline/${inline[1]}.js`, external: 'absolute' }
    return wasm ? { id: `../${wasm[1]}`, external: 'absolute' } : null
  },
}

/**
 * A bundle for a platform: `#platform` and its like are what the conditions of package.json's `imports` say. Packages
 * are bundled too, so that an installation is one package.
 */
function bundle(dir, conditions, input, { plugins = [beside, withoutStaleChunks], output } = {}) {
  return {
    input,
    output: {
      dir: `build/${dir}`,
      format: 'es',
      chunkFileNames: '[name].js',
      hoistTransitiveImports: false,
      ...output,
    },
    external: (id) => id.startsWith('node:') || Object.hasOwn(peerDependencies, id),
    // A warning (an import that can't be resolved, a circle of ours) is a mistake here.
    onwarn({ code, ids, message }) {
      const theirs =
        code === 'CIRCULAR_DEPENDENCY' && ids?.every((id) => id.includes('/node_modules/'))
      if (!theirs) throw new Error(message)
    },
    plugins: [
      ...plugins,
      noOwnUrl,
      // A package may have a file for browsers, which imports nothing of Node.
      nodeResolve({ exportConditions: conditions, preferBuiltins: true, browser: dir === 'web' }),
      commonjs(),
      numbersForEnums('assembly/tape.ts'),
      esbuild({ target: 'es2022' }),
      licencesBeside('build/THIRD-PARTY.txt'),
    ],
  }
}

const withoutTraining = leaveOut("the benchmark's page", {
  'src/image/worker/draw-job.ts': ['random changes of pictures', 'leave them out'],
})

/** The benchmark's page needs nothing but what lies beside it. */
function page(input, files) {
  const copy = {
    name: 'copy',
    generateBundle() {
      for (const file of files) {
        this.emitFile({ type: 'asset', fileName: basename(file), source: readFileSync(file) })
      }
    },
  }
  const options = bundle('page', ['default'], input)
  return {
    ...options,
    plugins: [besideReport, withoutTraining, ...options.plugins, minified, copy],
  }
}

/** Bundlers for Vercel's runtime tell by the query that a file is to be a compiled module. */
const wasmModuleQuery = {
  name: 'wasm-module-query',
  renderChunk: (code) => ({ code: code.replace(/(from '[^']+\.wasm)'/g, "$1?module'"), map: null }),
}

export default [
  bundle(
    'node',
    ['built', 'node'],
    {
      index: 'src/index.ts',
      hub: 'src/hub/index.ts',
      text: 'src/text/index.ts',
      train: 'src/train/index.ts',
      serve: 'src/serve/index.ts',
      'serve-node': 'src/serve/node/index.ts',
      cli: 'src/cli/main.ts',
      ...workers,
      'bench-engine': 'bench/entries/engine.ts',
      'bench-prepare': 'bench/entries/prepare.ts',
      'bench-calibrator': 'bench/entries/calibrator.ts',
    },
    {
      plugins: [
        beside,
        withoutStaleChunks,
        leaveOut('vitrine in Node', { [remoteBackend]: ['worker of a page', 'leave it out'] }),
        minifiedBut('index', 'hub', 'text', 'serve', 'serve-node', ...Object.keys(workers)),
      ],
      output: {
        manualChunks: chunks({
          thread: ['src/backends/wasm/threads/timed.ts'],
          core: ['src/index.ts', ...soonImported],
          wasm: ['src/backends/wasm/wasm.ts', 'src/backends/wasm/v8/wide.ts'],
        }),
        banner: ({ name }) => (name === 'cli' ? '#!/usr/bin/env node' : ''),
      },
    },
  ),
  bundle(
    'web',
    ['default'],
    {
      index: 'src/index.ts',
      hub: 'src/hub/index.ts',
      text: 'src/text/index.ts',
      train: 'src/train/index.ts',
      serve: 'src/serve/index.ts',
      model: 'src/embedded/model.ts',
    },
    {
      plugins: [
        beside,
        withoutStaleChunks,
        // Sync functions of the index that most programs do without.
        ownCopy('src/index.ts', [
          'src/families/vit/variants.ts',
          'src/families/find-variant.ts',
          'src/inlined/provide.ts',
          'src/check-fields.ts',
          'src/nearest.ts',
        ]),
      ],
      output: {
        manualChunks: chunks({
          // Not all of the index, since most programs name only `load` of it.
          load: [
            'src/load.ts',
            'src/inlined/wasm-files.ts',
            'src/image/upright.ts',
            'src/image/preprocess/tensorflow-resize.ts',
            'src/error-message.ts',
            ...sharedByBackends,
          ],
          wasm: ['src/backends/wasm/wasm.ts'],
          jpeg: ['src/image/formats/jpeg/format.ts', 'src/image/browser/jpeg.ts'],
          browser: ['src/image/browser/decode.ts', 'src/platform/web/canvas-reader.ts'],
          png: ['src/image/formats/png-format.ts', 'src/image/formats/png.ts'],
        }),
      },
    },
  ),
  ...Object.entries(wholeWorkers).map(([name, path]) =>
    bundle(
      'web',
      ['thread', 'default'],
      { [name]: path },
      { plugins: [beside, minified], output: { inlineDynamicImports: true } },
    ),
  ),
  singleFile('web', 'core', ['core', 'default'], {
    called: 'vitrine/core',
    instead: "import 'vitrine'",
    plugins: [],
    parts: {
      ...optionalParts,
      'src/families/foreign-plan.ts': 'reader of checkpoints that vitrine did not write',
      'src/families/hybrid/runnable.ts': 'ResNet hybrids',
      'src/families/mixer/runnable.ts': 'MLP-Mixers',
      'src/families/lit/runnable.ts': 'LiT',
      'src/families/vision/runnable.ts': 'relatives of the ViT',
      'src/families/dual/runnable.ts': 'CLIP and SigLIP',
      'src/checkpoint/plan/scaled.ts': 'relatives of the ViT',
      'src/image/preprocess/torch-resize.ts': 'preprocessing of DINOv3',
      'src/checkpoint/plan/standardize.ts': 'ResNet hybrids',
      'src/families/architectures.ts': 'config of other families than plain ViTs',
      'src/families/published.ts': 'table of variants',
      'src/checkpoint/read/other.ts': 'reader of other formats than safetensors',
      'src/checkpoint/read/safetensors/shard-index.ts': 'reader of checkpoints in several files',
      'src/checkpoint/read/torch.ts': 'advice on PyTorch files',
      'src/checkpoint/source/http-ranges.ts': 'requests for parts of a file, which .npz needs',
      'src/image/formats/webp.ts': 'decoder of WebP',
      '#inline/imagenet21k.labels': 'names of the classes of ImageNet-21k',
    },
  }),
  ...['workerd', 'edge-light'].map((runtime) =>
    singleFile('edge', runtime, [runtime, 'default'], {
      called: 'vitrine on edge runtimes',
      instead: 'run it in Node or in a browser',
      plugins: runtime === 'edge-light' ? [beside, wasmModuleQuery] : [beside],
      parts: {
        ...optionalParts,
        [remoteBackend]: 'worker of a page',
        'src/embedded/model.ts': modelOnEdge,
      },
    }),
  ),
  bundle(
    'edge',
    ['default'],
    { text: 'src/text/edge.ts', train: 'src/train/edge.ts' },
    { plugins: [minified] },
  ),
  // It is given models, and has no code of theirs: an edge runtime's model is a bundle of its own.
  bundle(
    'edge',
    ['workerd', 'default'],
    { serve: 'src/serve/index.ts' },
    { plugins: [beside, minified], output: { inlineDynamicImports: true } },
  ),
  page({ main: 'bench/page/main.ts', engine: 'bench/page/engine.ts', ...workers }, [
    'bench/page/index.html',
    'bench/page/page.css',
  ]),
  report,
  selfContained('training', 'src/cli/train/page/view/main.ts', 'src/cli/train/page/training.css'),
  declarations({
    index: 'src/index.ts',
    hub: 'src/hub/index.ts',
    text: 'src/text/index.ts',
    train: 'src/train/index.ts',
    serve: 'src/serve/index.ts',
    'serve-node': 'src/serve/node/index.ts',
    model: 'src/embedded/model.ts',
  }),
]
