import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type BundledFile, bundlers, downloaded, workerSize } from './bundled.ts'
import { packageTest } from './installed.ts'

// What a page downloads of this package, bundled and minified as its user does it, in bytes of gzip. Weights do not count.

const program = `import { load } from 'vitrine'
const vit = await load()
globalThis.classify = (blob) => vit.classify(blob)`

/** What every page imports while it classifies: class names, the URL of the model. */
const always = ['build/inline/imagenet2012.labels.js', 'build/web/model.js']

/** One thread computes in a worker, several share the memory of a page that is isolated. */
const pages = {
  plain: {
    modules: ['build/web/remote.js', 'build/inline/relaxed8.js'],
    worker: 'build/web/remote-worker.js',
  },
  isolated: {
    modules: ['build/web/wasm.js', 'build/inline/relaxed8-threads.js'],
    worker: 'build/web/worker.js',
  },
} as const

/** What an image adds. */
const images = {
  none: [],
  png: ['build/web/png.js'],
  jpeg: ['build/web/jpeg.js', 'build/web/browser.js'],
} as const

/**
 * 62.5 KiB for classifying without the image file's own code: 30 KiB of JavaScript that reads the model, prepares images
 * and gives answers, 14 that compute (11 of them in the worker of a page that is not isolated), 8.5 of kernels, 9 of
 * class names. Two of them, in kernels and in what computes, are for the operations that plain ViTs don't have: windows
 * with padding, group norm, max pooling, transposition, embedding of tokens, rotations, gates, RMS norm. PNG adds our
 * decoder, JPEG what tells whether a file is intact, since the browser that decodes it does not.
 */
const budgets = { none: 66_500, png: 70_000, jpeg: 72_000 }

for (const [bundler, bundle] of Object.entries(bundlers)) {
  packageTest(`${bundler}: what a page downloads`, async ({ folder, package: root }) => {
    const files = await bundle(folder, program)
    for (const [page, { modules, worker }] of Object.entries(pages)) {
      const workerBytes = await workerSize(join(root, worker))
      for (const image of ['none', 'png', 'jpeg'] as const) {
        const all = downloaded(files, [...always, ...modules, ...images[image]])
        const bytes = all.reduce((sum, { gzip }) => sum + gzip, workerBytes)
        console.log(`${bundler}, ${page} page, ${image}: ${bytes} bytes in ${all.length + 1} files`)
        assert.ok(bytes <= budgets[image], `${bytes} bytes`)
      }
    }
  })

  packageTest(`${bundler}: the first download has no part that few need`, async ({ folder }) => {
    const files = await bundle(folder, program)
    assert.equal(strangersIn(downloaded(files)), [])
    // They are there, for programs that ask for them.
    assert.ok(strangersIn(files).length > 8)
  })
}

/** Modules of the package that most programs do without. */
const strangers =
  /\/(hub|resolve|open|choose|webgpu|tfjs|reference|cli|npz|sharded|shard-index|other|foreign-plan|published|readers|locate|load-options|variants|tools|pillow-resize|webp|png|jpeg|pool|official|standardize|text|image-text-model|zero-shot-file|load-zero-shot|family\d*|runnable\d*)\.js$/

const strangersIn = (files: readonly BundledFile[]) =>
  files.flatMap(({ modules }) => modules).filter((module) => strangers.test(module))

/** Texts that only these parts have. */
const signs = {
  hub: 'storage.googleapis.com',
  WebGPU: 'requestAdapter',
  TensorFlow: 'engine().',
  npz: 'local header',
  "transformers' names": 'layernorm_before',
  "torchvision's names": 'encoder_layer_',
  "flax's names": 'MultiHeadDotProductAttention',
  tokenizers: 'precompiled_charsmap',
  'text towers': 'text.blocks.',
  hybrids: 'patch_embed.backbone',
  Mixers: 'mlp_tokens',
  "LiT's names": 'BertEncoder_0/embedder',
  'relatives of the ViT': 'relative_position_bias_table',
  "CLIP's names": 'visual.class_embedding',
  'the command line': 'vitrine models',
}

packageTest('the text of other parts is in the package, and not in core', ({ package: root }) => {
  const web = readdirSync(join(root, 'build/web')).filter((name) => name !== 'core.js')
  const everything = [...web.map((name) => `build/web/${name}`), 'build/node/cli.js']
  const all = everything.map((path) => readFileSync(join(root, path), 'utf8')).join('\n')
  const core = readFileSync(join(root, 'build/web/core.js'), 'utf8')
  for (const [part, sign] of Object.entries(signs)) {
    assert.ok(all.includes(sign), `${part} is not told by ${sign}`)
    assert.not.ok(core.includes(sign), `core has ${part}`)
  }
})

/**
 * One file each, without other files. `vitrine/core` has three sets of kernels (26 kB), class names (9), decoders of PNG
 * and all that `load` does with a file of ours; edge builds have every family, every reader of checkpoints and images, and the files
 * of WebAssembly beside them, of which one set of kernels (8 kB) and the decoders (82 kB) are deployed. Pools and layers
 * of embeddings are 1.7 kB of each: one file can't load them later. Images of any aspect ratio are 2.4 kB of edge builds.
 */
const whole = {
  'build/web/core.js': 116_000,
  'build/edge/workerd.js': 132_000,
  'build/edge/edge-light.js': 132_000,
}

packageTest('core and the edge builds, minified', async ({ package: root }) => {
  for (const [path, budget] of Object.entries(whole)) {
    const { outputFiles } = await build({
      entryPoints: [join(root, path)],
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      external: ['*.wasm', '*.wasm?module', '../inline/*'],
      write: false,
    })
    const bytes = gzipSync(outputFiles[0]!.contents, { level: 9 }).length
    console.log(`${path}: ${bytes} bytes`)
    assert.ok(bytes <= budget, `${path} has ${bytes} bytes`)
  }
})

test.run()
