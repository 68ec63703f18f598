import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Installed, packageTest } from './installed.ts'

// `vitrine/core` and the edge builds: one file, and what they leave out is refused by name.
const photo = fileURLToPath(new URL('../../examples/chelsea.png', import.meta.url))

function runModule({ folder }: Installed, program: string, ...flags: string[]): unknown {
  const args = [...flags, '--input-type=module', '-e', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  assert.is(stderr, '')
  return JSON.parse(stdout)
}

packageTest('core has no dynamic import and no static one', ({ package: root }) => {
  const code = readFileSync(join(root, 'build/web/core.js'), 'utf8')
  assert.not.match(code, /\bimport\s*\(|^import\b/m)
})

packageTest(
  'the edge builds import files of WebAssembly, and labels on demand',
  async ({ package: root }) => {
    for (const [runtime, query] of [
      ['workerd', ''],
      ['edge-light', '?module'],
    ] as const) {
      const built = readFileSync(join(root, `build/edge/${runtime}.js`), 'utf8')
      // It is minified; so every statement has a line of its own.
      const { code } = await transform(built, { format: 'esm' })
      const wasm = [...code.matchAll(/^import \S+ from "([^"]+)";$/gm)].map(([, path]) => path)
      assert.equal(wasm.sort(), [
        `../decoders/jpeg.wasm${query}`,
        `../decoders/webp.wasm${query}`,
        `../kernels/dot8.wasm${query}`,
        `../kernels/probe.wasm${query}`,
        `../kernels/relaxed8.wasm${query}`,
        `../kernels/simd8.wasm${query}`,
      ])
      const lazy = [...code.matchAll(/\bimport\("([^"]+)"\)/g)].map(([, path]) => path)
      assert.ok(lazy.length > 0)
      assert.equal(
        lazy.filter((path) => !/^\.\.\/inline\/\w+\.labels\.js$/.test(path!)),
        [],
      )
      // Edge runtimes refuse a URL that is made while a module is evaluated.
      assert.not.match(code, /^(const|let|var)\b.* = new URL\(/m)
    }
  },
)

packageTest('core classifies from bytes, and names what it leaves out', (installed) => {
  const said = runModule(
    installed,
    `import { readFileSync } from 'node:fs'
    import { fileURLToPath } from 'node:url'
    import { load } from 'vitrine/core'
    const bytes = readFileSync(fileURLToPath(import.meta.resolve('vitrine/model.safetensors')))
    const vit = await load(bytes, { dtype: 'int16' })
    const [{ label }] = await vit.classify(readFileSync(${JSON.stringify(photo)}))
    vit.dispose()
    const refusals = {}
    for (const [name, source, options] of [
      ['none'],
      ['published', 'B_16'],
      ['reference', bytes, { backend: 'reference' }],
      ['tfjs', bytes, { backend: 'tfjs' }],
      ['webgpu', bytes, { backend: 'webgpu' }],
      ['wide', bytes, { kernels: 'simd16' }],
      ['npz', Uint8Array.of(80, 75, 3, 4, ...new Uint8Array(100))],
    ]) {
      refusals[name] = await load(source, options).then(() => 'loaded', ({ code, message }) => code + ' ' + message)
    }
    console.log(JSON.stringify({ label, refusals }))`,
  ) as { label: string; refusals: Record<string, string> }
  assert.is(said.label, 'Egyptian cat')
  const missing = (what: string) => `UNSUPPORTED vitrine/core has no ${what}; import 'vitrine'.`
  const { wide, published, ...others } = said.refusals
  assert.match(published!, /^UNSUPPORTED .* no published names, so it can't load "B_16"/)
  assert.match(wide!, /^UNSUPPORTED This build of vitrine does not contain simd16\.wasm/)
  assert.equal(others, {
    none: missing('model of its own'),
    reference: missing('reference backend'),
    tfjs: missing('TensorFlow.js backend'),
    webgpu: missing('WebGPU backend'),
    npz: missing('reader of other formats than safetensors'),
  })
})

packageTest('vitrine/text is refused on edge runtimes, all of it', (installed) => {
  const importing = "import * as text from 'vitrine/text'\n"
  const listed = `${importing}console.log(JSON.stringify(Object.keys(text)))`
  const called = `${importing}const codes = Object.values(text).map((one) => one().catch(({ code }) => code))
console.log(JSON.stringify(await Promise.all(codes)))`
  const names = runModule(installed, listed) as string[]
  for (const runtime of ['workerd', 'edge-light']) {
    assert.equal(runModule(installed, listed, `--conditions=${runtime}`), names)
    const codes = runModule(installed, called, `--conditions=${runtime}`)
    assert.equal(
      codes,
      names.map(() => 'UNSUPPORTED'),
    )
  }
})

test.run()
