import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type LoadOptions, load, type Prediction } from '../../src/index.ts'
import { parseLines, run } from '../cli/run.ts'
import { sharedF32, sharedF64, sharedJSON, sharedPath, sharedTest } from '../shared.ts'
import { assertWithin, toNHWC } from './model.ts'

// Folders as transformers' save_pretrained and timm's save_for_hf leave them, and what Python answers:
// see folders/make.py. The heads, the epsilon, the GELU, the pooling, the oblong grid and the pixels are
// such that only config.json and preprocessor_config.json say them.
const root = fileURLToPath(new URL('./folders/', import.meta.url))
const picture = fileURLToPath(new URL('../../examples/chelsea.png', import.meta.url))
const BOUND = 1e-5

interface Answers {
  readonly labels: readonly string[]
  readonly cases: Readonly<
    Record<
      string,
      {
        readonly preprocessor_config?: object
        readonly pretrained_cfg?: object
        readonly probabilities: readonly number[]
      }
    >
  >
}

const answers = JSON.parse(readFileSync(join(root, 'answers.json'), 'utf8')) as Record<
  'transformers' | 'timm',
  Answers
>

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

/** A copy of a folder that a test may change. */
async function withCopy(of: string, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-folder-'))
  try {
    cpSync(join(root, of), folder, { recursive: true })
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function assertAnswer(
  top: readonly Prediction[],
  { labels }: Answers,
  probabilities: readonly number[],
  what: string,
): void {
  assert.is(top.length, probabilities.length, what)
  for (const { index, label, probability } of top) {
    assert.is(label, labels[index], what)
    const error = Math.abs(probability - probabilities[index]!)
    assert.ok(error <= BOUND, `${what}: ${label} is off by ${error}`)
  }
}

async function classify(source: string | URL, options: LoadOptions = {}): Promise<Prediction[]> {
  using vit = await load(source, { backend: 'reference', onNotice: assert.unreachable, ...options })
  return await vit.classify(picture)
}

test('transformers: every setting of the image processor, as Python answers', async () => {
  await withCopy('transformers', async (folder) => {
    for (const [name, answer] of Object.entries(answers.transformers.cases)) {
      const text = JSON.stringify(answer.preprocessor_config)
      writeFileSync(join(folder, 'preprocessor_config.json'), text)
      assertAnswer(await classify(folder), answers.transformers, answer.probabilities, name)
    }
  })
})

test('timm: every setting of the evaluation, as Python answers', async () => {
  await withCopy('timm', async (folder) => {
    const config = json(join(folder, 'config.json'))
    for (const [name, answer] of Object.entries(answers.timm.cases)) {
      const pretrained_cfg = { ...config.pretrained_cfg, ...answer.pretrained_cfg }
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, pretrained_cfg }))
      assertAnswer(await classify(folder), answers.timm, answer.probabilities, name)
    }
  })
})

for (const [library, first] of [
  ['transformers', 'lanczos'],
  ['timm', 'as saved'],
] as const) {
  const answer = answers[library]
  const { probabilities } = answer.cases[first]!

  test(`${library}: a folder, its file, URLs of both; from the API and the command line`, async () => {
    await withCopy(library, async (folder) => {
      const file = join(folder, 'model.safetensors')
      for (const source of [folder, `${folder}/`, file, new URL(`file://${folder}/`)]) {
        assertAnswer(await classify(source), answer, probabilities, String(source))
      }
      const { code, stdout, stderr } = await run([
        'classify',
        picture,
        '--weights',
        folder,
        '--json',
      ])
      assert.is(code, 0, stderr)
      assert.is(stderr, '')
      assertAnswer(parseLines(stdout)[0].top, answer, probabilities, 'command line')
    })
  })

  test(`${library}: converted, it answers the same with nothing beside it`, async () => {
    await withCopy(library, async (folder) => {
      const apart = mkdtempSync(join(tmpdir(), 'vitrine-converted-'))
      try {
        const out = join(apart, 'one.safetensors')
        const converted = await run(['convert', folder, '-o', out])
        assert.is(converted.code, 0, converted.stderr)
        assert.match(converted.stderr, new RegExp(`^${out}: [^\\n]*\\n$`))
        assertAnswer(await classify(out), answer, probabilities, 'converted')
        const { stdout } = await run(['classify', picture, '--weights', out, '--json'])
        assertAnswer(parseLines(stdout)[0].top, answer, probabilities, 'converted, command line')
        using before = await load(folder)
        using after = await load(out)
        assert.equal(after.config, before.config)
        assert.equal(after.preprocess, before.preprocess)
        const larger = { imageSize: [32, 48], backend: 'reference' } as const
        using large = await load(folder, larger)
        using largeToo = await load(out, larger)
        assert.equal(await largeToo.classify(picture), await large.classify(picture))
      } finally {
        rmSync(apart, { recursive: true })
      }
    })
  })

  test(`${library}: inspect says what it read, and where`, async () => {
    const folder = join(root, library)
    const { stdout, code } = await run(['inspect', folder])
    assert.is(code, 0)
    const config = join(folder, 'config.json')
    const from = library === 'timm' ? config : join(folder, 'preprocessor_config.json')
    assert.match(stdout, new RegExp(`preprocess .*mean 0\\.485 0\\.456 0\\.406.*\\n +from ${from}`))
    assert.match(stdout, new RegExp(`labels +3: tabby, Egyptian cat, lynx\\n +from ${config}`))
    assert.match(stdout, new RegExp(`config from +${config}`))
    const [{ model }] = parseLines((await run(['inspect', folder, '--json'])).stdout)
    assert.equal(model.labels, answer.labels)
    assert.equal(model.origins, { config, preprocess: from, labels: config })
    assert.is(model.config.heads, 4)
    assert.equal(model.assumed, [])
    assert.is(model.resample, library === 'timm' ? 'timm' : 'huggingface')
  })
}

test('without what lies beside it, the same file asks for what it does not say', async () => {
  const file = join(root, 'transformers/model.safetensors')
  try {
    await load(file, { neighbours: false })
    assert.unreachable()
  } catch (error) {
    assert.match(String(error), /positions.*no square grid; pass the imageSize/)
  }
  const said: string[] = []
  const options: LoadOptions = { neighbours: false, backend: 'reference' }
  const bare = {
    ...options,
    config: { heads: 4 },
    onNotice: (text: string) => void said.push(text),
  }
  using vit = await load(join(root, 'timm/model.safetensors'), bare)
  assert.equal(vit.config.imageSize, [32, 32])
  assert.match(said.join(), /does not say everything.*Assumed: imageSize 32x32\. Pass/)
})

interface Golden {
  readonly cases: readonly {
    readonly name: string
    readonly checkpoint: string
    readonly inputs: Readonly<Record<string, { readonly file: string }>>
    readonly outputs: Readonly<Record<string, { readonly float64: { readonly file: string } }>>
  }[]
}

sharedTest('transformers’ own folders: nothing has to be said', async () => {
  const golden = 'golden/huggingface'
  const { cases } = sharedJSON<Golden>(`${golden}/golden.json`)
  for (const name of ['vit_classification', 'deit_teacher', 'vit_no_qkv_bias']) {
    const { checkpoint, inputs, outputs } = cases.find((one) => one.name === name)!
    const folder = sharedPath(`${golden}/${checkpoint.replace(/[^/]*$/, '')}`)
    using vit = await load(folder, { backend: 'reference', onNotice: assert.unreachable })
    const pixels = sharedF32(`${golden}/${Object.values(inputs)[0]!.file}`)
    const logits = await vit.logits(toNHWC(pixels, vit.config.imageSize))
    const expected = sharedF64(`${golden}/${outputs.logits!.float64.file}`)
    assertWithin(logits, expected, 5e-5, name)
  }
})

sharedTest(
  'a small width with 4 heads, and each of Pillow’s filters in its preprocessor',
  async () => {
    const folder = sharedPath('cases/hf_local_config_ignored')
    using vit = await load(folder, { backend: 'reference', onNotice: assert.unreachable })
    const logits = await vit.logits(sharedF32('cases/hf_local_config_ignored/pixels.f32'))
    assertWithin(logits, [0.8413, -0.7743, -0.1328], 5e-5, 'logits')
    await withCopy('../../../../shared/cases/hf_preprocessor_ignored', async (copy) => {
      const image_mean = [0.485, 0.456, 0.406]
      const image_std = [0.229, 0.224, 0.225]
      for (const [resample, expected] of [
        [2, [0.3807, 0.2401, 0.3792]],
        [1, [0.3752, 0.2304, 0.3943]],
        [0, [0.3799, 0.2226, 0.3975]],
      ] as const) {
        const settings = { image_mean, image_std, resample, size: { height: 32, width: 32 } }
        writeFileSync(join(copy, 'preprocessor_config.json'), JSON.stringify(settings))
        using model = await load(copy, { backend: 'reference', onNotice: assert.unreachable })
        const top = await model.classify(readFileSync(join(copy, 'PICTURE')))
        const found = top.sort((a, b) => a.index - b.index).map(({ probability }) => probability)
        assertWithin(found, expected, 5e-5, `resample ${resample}`)
      }
    })
  },
)

test.run()
