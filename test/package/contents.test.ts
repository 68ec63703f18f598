import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { packageTest } from './installed.ts'

/**
 * Bytes of an installation, which is this package alone. A budget is there so that growth is a decision: whoever raises
 * one says here for what.
 */
const budgets = {
  /** ViT-Ti/16 in int8; it does not compress. */
  model: 6_250_000,
  /**
   * The library in Node, not minified: people debug through it, and read its stack traces. Hybrids, Mixers, LiT and the
   * tokenizers are 140 kB of it, training with its readers of data sets 270 kB, gradients on WebGPU and
   * TensorFlow.js 50 kB, pools and layers of embeddings 9 kB, the relatives of the ViT 110 kB, tokenizers of CLIP and
   * SigLIP 110 kB, half of it the references of HTML, the server 150 kB, a third of it Hono and its listener for Node.
   */
  node: 1_800_000,
  /**
   * The command line and its packages, minified. Evaluations and what shows a run are 18 kB of it, writing parquet 77 kB,
   * batches 55 kB; the client of NATS JetStream, 288 kB, is read only for `--queue nats://`.
   */
  cli: 950_000,
  /** The library in browsers, not minified, which bundlers do; `core` and workers are. Every family is in it, training and the server. */
  web: 2_340_000,
  /**
   * One file for each of two runtimes, minified but for names. They differ in how they import WebAssembly. The server is a
   * file of its own, 95 kB.
   */
  edge: 1_170_000,
  /** Kernels (0.19 MB, for training 0.13), decoders (0.1), the PNG encoder (0.1), class names (0.3): what all builds import. */
  inline: 864_000,
  /** The same kernels and decoders as files, for runtimes that compile nothing: each has to be imported as a file. */
  wasm: 310_000,
  /**
   * The bench's page; its plots (0.3 MB) are gzipped. It has the programs of all families. Beside it the script of a
   * run's page, 29 kB.
   */
  benchPage: 650_000,
  /** One file for each entry, which repeats what entries share: `text` has the types of models of images too, `train` 17 kB, `serve` 11 kB. */
  types: 165_000,
  /** Pages that one reads without a network: the API, the command line, serving, batches, every runtime. */
  docs: 240_000,
  /** README, changelog, licences of ours and of the packages that are bundled, shapes of benchmarks. */
  others: 145_000,
}

/** What npm sends: nearly all but the model is text, which is a quarter of its size then. */
const packedBudget = 8_700_000

type Part = keyof typeof budgets

packageTest('the package stays within its budgets', ({ package: root, packed, tarball }) => {
  const library = new Set<string>()
  for (const entry of [
    'index',
    'hub',
    'text',
    'train',
    'serve',
    'serve-node',
    'worker',
    'decode-worker',
  ]) {
    reach(join(root, `build/node/${entry}.js`), library)
  }
  const partOf = (path: string): Part => {
    const folder = /^(?:build\/)?([^/]+)\//.exec(path)?.[1]
    if (folder === 'node') return library.has(join(root, path)) ? 'node' : 'cli'
    if (path.endsWith('.safetensors')) return 'model'
    if (folder === 'kernels' || folder === 'decoders') return 'wasm'
    if (folder === 'page') return 'benchPage'
    return folder !== undefined && Object.hasOwn(budgets, folder) ? (folder as Part) : 'others'
  }
  const parts: Partial<Record<Part, number>> = {}
  for (const { path, size } of packed.files) {
    const part = partOf(path)
    parts[part] = (parts[part] ?? 0) + size
  }
  console.log(`packed ${packed.size}, unpacked ${packed.unpackedSize} bytes`, parts)
  for (const [part, budget] of Object.entries(budgets) as [Part, number][]) {
    const bytes = parts[part] ?? 0
    assert.ok(bytes > 0, part)
    assert.ok(bytes <= budget, `${part}: ${bytes} bytes of ${budget}`)
  }
  assert.is(packed.size, tarball.length)
  assert.ok(packed.size <= packedBudget, `${packed.size} bytes, packed`)
})

packageTest(
  'it has its documentation and licence, and nothing that only a checkout needs',
  ({ packed }) => {
    const paths = packed.files.map(({ path }) => path)
    for (const path of [
      'README.md',
      'LICENSE',
      'NOTICE',
      'CHANGELOG.md',
      'docs/gpu.md',
      'docs/hub.md',
    ]) {
      assert.ok(paths.includes(path), path)
    }
    const stray = paths.filter((path) =>
      /\.map$|\.tsbuildinfo$|(?<!\.d)\.ts$|^(src|test)\//.test(path),
    )
    assert.equal(stray, [])
  },
)

packageTest('no file names a source map, since none is published', ({ package: root, packed }) => {
  const code = packed.files.filter(({ path }) => /\.(js|mjs|css|d\.ts)$/.test(path))
  assert.ok(code.length > 0)
  for (const { path } of code) {
    const text = readFileSync(join(root, path), 'utf8')
    assert.not.match(text, /^\/[/*][#@] sourceMappingURL=(?!data:)/m, path)
  }
})

packageTest(
  "links in the published pages lead to the package's files",
  ({ package: root, packed }) => {
    const paths = new Set(packed.files.map(({ path }) => path))
    const pages = [...paths].filter((path) => path.endsWith('.md') && path !== 'CHANGELOG.md')
    assert.ok(pages.length >= 3)
    const broken: string[] = []
    for (const page of pages) {
      const text = readFileSync(join(root, page), 'utf8').replace(/```[\s\S]*?```/g, '')
      for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target!)) continue
        const [path, anchor] = target!.split('#') as [string, string?]
        const file = path === '' ? page : join(page, '..', path).replace(/\/$/, '')
        const isFolder = [...paths].some((one) => one.startsWith(`${file}/`))
        const isThere = paths.has(file) || isFolder
        const headings =
          anchor && isThere && file.endsWith('.md')
            ? headingsOf(readFileSync(join(root, file), 'utf8'))
            : undefined
        if (!isThere || headings?.includes(anchor!) === false) broken.push(`${page}: ${target}`)
      }
    }
    assert.equal(broken, [])
  },
)

/** The anchors that GitHub and npm give to headings. */
const headingsOf = (markdown: string) =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

packageTest(
  'every file that a library entry can load is there; none belongs to the bench',
  ({ package: root }) => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const targets = Object.values(exports).flatMap((entry) =>
      typeof entry === 'string' ? [] : Object.values(entry as Record<string, string>),
    )
    const files = new Set<string>()
    for (const target of targets.filter((path) => path.endsWith('.js')))
      reach(join(root, target), files)
    assert.ok(files.size > 10)
    const bench = [...files].filter((file) => /\bbench\b|\/page\//.test(file.slice(root.length)))
    assert.equal(bench, [])
  },
)

/** What a module imports, statically or not, with all that those import. Reading fails where one is missing. */
function reach(file: string, found: Set<string>): void {
  if (found.has(file)) return
  found.add(file)
  // Comments of packages name files that are not theirs to load.
  const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  const imports = /(?:\bfrom\s*|\bimport\s*\(?\s*|new URL\(\s*)['"](\.{1,2}\/[^'"]+\.js)['"]/g
  for (const [, specifier] of code.matchAll(imports)) reach(join(file, '..', specifier!), found)
}

packageTest('workers of pages are one file each, as bundlers want it', ({ package: root }) => {
  for (const name of ['worker', 'decode-worker', 'remote-worker']) {
    const code = readFileSync(join(root, `build/web/${name}.js`), 'utf8')
    // Vite refuses a worker that starts itself, and before version 8 chunks in a worker.
    assert.not.match(code, /\bnew Worker\b|\bimport\s*\(|\bimport\.meta\b/, name)
    const imports = [...code.matchAll(/\bimport [\w$]+ from"([^"]+)"/g)].map(([, path]) => path)
    assert.not.match(code, /^import [^;]*'/m)
    const decoders = ['../inline/jpeg.js', '../inline/webp.js']
    assert.equal(imports, name === 'decode-worker' ? decoders : [])
  }
})

packageTest('a page loads the backend, or the worker that has it', ({ package: root }) => {
  const folder = join(root, 'build/web')
  const codeOf = (name: string) => readFileSync(join(folder, name), 'utf8')
  const loaded = (entries: readonly string[]) => {
    const found = new Set(entries)
    for (const name of found) {
      for (const [, next] of codeOf(name).matchAll(/^import .*'\.\/(.+)'/gm)) found.add(next!)
    }
    return [...found].map(codeOf).join()
  }
  const backend = /\bcreateWasmModel\b/
  const remote = /\bclass RemoteModel\b/
  const isThere = (entries: readonly string[]) => {
    const code = loaded(entries)
    return { backend: backend.test(code), remote: remote.test(code) }
  }
  assert.equal(isThere(['index.js']), { backend: false, remote: false })
  assert.equal(isThere(['index.js', 'remote.js']), { backend: false, remote: true })
  assert.equal(isThere(['index.js', 'wasm.js']), { backend: true, remote: false })
  assert.equal(isThere(['remote-worker.js']), { backend: true, remote: false })
})

packageTest('publint finds nothing', async ({ package: pkgDir }) => {
  const { messages, pkg } = await publint({ pkgDir, pack: false })
  assert.equal(
    messages.map((message) => formatMessage(message, pkg, { color: false })),
    [],
  )
})

/** What is known, and right. */
const exceptions = [
  // TypeScript's oldest resolution (`moduleResolution: "node"`) knows no `exports`; every later one does.
  { kind: 'NoResolution', resolutionKind: 'node10' },
  // The package is ESM only; Node's `require` loads ESM from 20.19 and 22.12 on.
  { kind: 'CJSResolvesToESM', resolutionKind: 'node16-cjs' },
]

/** What programs start or read, and don't import. */
const filesOnly = ['./worker', './decode-worker', './remote-worker', './model.safetensors']

packageTest('the types are those of what is loaded (attw)', async ({ tarball }) => {
  const result = await checkPackage(createPackageFromTarballData(tarball))
  assert.ok(result.types)
  const problems = (result.types ? result.problems : []).filter(
    (problem) =>
      !('entrypoint' in problem && filesOnly.includes(problem.entrypoint)) &&
      !exceptions.some(
        ({ kind, resolutionKind }) =>
          problem.kind === kind &&
          'resolutionKind' in problem &&
          problem.resolutionKind === resolutionKind,
      ),
  )
  assert.equal(problems, [])
})

const examplePhoto = fileURLToPath(new URL('../../examples/chelsea.png', import.meta.url))

const [major, minor] = process.versions.node.split('.').map(Number) as [number, number]
const requiresModules = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)
if (!requiresModules) console.log('skipping require(): this Node does not load ESM by it')
const requireTest: typeof packageTest = requiresModules ? packageTest : (name) => test.skip(name)

requireTest('require() loads it, and the model classifies', ({ folder }) => {
  const program = `
    const { load } = require('vitrine')
    const { openCache } = require('vitrine/hub')
    const { model } = require('vitrine/model')
    load(model, { threads: 1 }).then(async (vit) => {
      const [top] = await vit.classify(${JSON.stringify(examplePhoto)})
      console.log(typeof openCache, top.label)
      vit.dispose()
    })`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=commonjs', '-e', program], {
    cwd: folder,
    encoding: 'utf8',
  })
  assert.equal([stderr, stdout], ['', 'function Egyptian cat\n'])
})

test.run()
