import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { link, packageTest } from './installed.ts'
import { pages, type Sample, samplesOf } from './samples.ts'
import { compile } from './tsc.ts'

// The samples of the documentation compile against the published declarations. A page shows what matters:
// a block that does not say what `vit` or `image` is means the following.
const context = `
import type * as vitrine from 'vitrine'
declare global {
  const load: typeof vitrine.load
  const vit: vitrine.ImageModel
  const source: vitrine.CheckpointInput
  const options: vitrine.LoadOptions
  const image: vitrine.ImageInput
  const images: vitrine.ImageInput[]
  const pixels: Float32Array
  const count: number
  const signal: AbortSignal
}
`

const config = {
  compilerOptions: {
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    target: 'ESNext',
    lib: ['ESNext', 'DOM', 'DOM.Iterable'],
    module: 'nodenext',
    types: ['node', '@webgpu/types'],
  },
  include: ['*.ts'],
}

test('blocks are found with what is said before them', () => {
  const text = `# Page

<!-- given: declare const file: File -->
\`\`\`ts
await load(file)
\`\`\`

<!-- file: test/runtimes/node/classify.ts -->
\`\`\`ts
await load()
\`\`\`

- item

  <!-- not checked: a fragment -->
  \`\`\`ts
  { dtype }
  \`\`\`

\`\`\`sh
ls
\`\`\`
`
  const [first, second, ...rest] = samplesOf('page.md', 'ts', text)
  assert.equal(rest, [])
  assert.equal(first, {
    place: 'page.md:4',
    page: 'page.md',
    code: 'await load(file)\n',
    given: 'declare const file: File',
    reason: undefined,
  })
  assert.equal(
    [second!.place, second!.code, second!.reason],
    ['page.md:16', '{ dtype }\n', 'a fragment'],
  )
})

packageTest('every sample of the README and of docs/ compiles', async ({ folder }) => {
  const all = pages().flatMap((page) => samplesOf(page, 'ts'))
  const samples = all.filter(({ reason }) => reason === undefined)
  assert.ok(samples.length > 3)
  for (const { place, reason } of all) if (reason) console.log(`not checked: ${place}: ${reason}`)
  const said = await compileSamples(folder, samples)
  assert.is(said, '')
})

packageTest('a sample that is wrong is found', async ({ folder }) => {
  const sample = { page: 'page.md', place: 'page.md:1', given: '', reason: undefined }
  const wrong = [
    { ...sample, code: 'await vit.clasify(image)\n' },
    { ...sample, place: 'page.md:2', code: "import { lode } from 'vitrine'\n" },
  ]
  const said = await compileSamples(folder, wrong)
  assert.match(said, 'clasify')
  assert.match(said, 'lode')
})

let projects = 0

async function compileSamples(folder: string, samples: readonly Sample[]): Promise<string> {
  const project = join(folder, `samples-${projects++}`)
  mkdirSync(project)
  const peers = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm']
  if (projects === 1) {
    for (const name of ['@types/node', 'undici-types', '@webgpu/types', ...peers])
      link(folder, name)
  }
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config))
  writeFileSync(join(project, 'context.d.ts'), context)
  for (const { place, given, code } of samples) {
    const file = `${place.replaceAll(/[/:]/g, '-').replace('.md', '')}.ts`
    writeFileSync(join(project, file), `${given}\n${code}\nexport {}\n`)
  }
  return compile('typescript', project)
}

test.run()
