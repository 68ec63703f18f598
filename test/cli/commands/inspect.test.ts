import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { sharedPath, sharedTest } from '../../shared.ts'
import { parseLines, run, temporaryFolder } from '../run.ts'
import { tiny, writeTiny } from '../tiny-model.ts'

const folder = temporaryFolder()
const weights = join(folder, 'tiny.safetensors')
test.before(() => writeTiny(weights))

test('inspect shows config and tensors, with one line for all blocks', async () => {
  const { code, stdout } = await run(['inspect', weights])
  assert.is(code, 0)
  assert.match(stdout, /format +safetensors, 32 tensors, 9\d\.\d kB/)
  assert.match(stdout, /structure +width 32, 2 blocks, 2 heads, MLP 64/)
  assert.match(stdout, /blocks\.\{0-1\}\.attn\.qkv\.weight +f32 +\[96, 32\] +x 2/)
  const all = await run(['inspect', weights, '--all'])
  assert.match(all.stdout, /blocks\.1\.attn\.qkv\.weight +f32 +\[96, 32\]\n/)
})

test('inspect counts in the singular, and notes pixels beyond the last whole patch', async () => {
  const flags = ['--config', 'heads=1', '--image-size', '37x32']
  const { code, stdout, stderr } = await run(['inspect', weights, ...flags])
  assert.is(code, 0)
  assert.match(stdout, /structure +width 32, 2 blocks, 1 head, MLP 64/)
  assert.match(stderr, /^note: 37 x 32 px .* ignores the last 5 px of the height\n$/)
})

test('inspect --json has the config and every tensor', async () => {
  const { code, stdout } = await run(['inspect', '--json', weights])
  assert.is(code, 0)
  const [{ format, tensors, model, problem }] = parseLines(stdout)
  assert.is(format, 'safetensors')
  assert.is(tensors.length, 32)
  assert.equal(model.config, tiny)
  assert.is(problem, undefined)
  const elements = (shape: number[]) => shape.reduce((count, side) => count * side, 1)
  const sum = tensors.reduce((n: number, t: { shape: number[] }) => n + elements(t.shape), 0)
  assert.is(model.parameters, sum)
})

test('inspect of a file that is not a checkpoint: one line, exit code 1', async () => {
  const text = join(folder, 'notes.txt')
  writeFileSync(text, 'This is no checkpoint, only a text.\n')
  const { code, stdout, stderr } = await run(['inspect', text])
  assert.is(code, 1)
  assert.is(stdout, '')
  assert.match(stderr, /^vitrine: .*notes\.txt is neither safetensors nor npz.*\(FORMAT\)\n$/)
})

test('the line of Python that converts a PyTorch file stands alone', async () => {
  const pickled = join(folder, 'model.pth')
  writeFileSync(pickled, zipSync({ 'model/data.pkl': [new Uint8Array(1), { level: 0 }] }))
  const { code, stderr } = await run(['inspect', pickled])
  assert.is(code, 1)
  assert.match(
    stderr,
    /^vitrine: .* PyTorch file .*\n\n {2}import .*"\)\n\n {2}Then use .* \(FORMAT\)\n$/,
  )
})

/** Golden checkpoints and the expected output of `inspect`. */
const golden: readonly (readonly [path: string, flags: string[], code: number, says: RegExp])[] = [
  ['official/token/checkpoint.npz', [], 0, /format +npz[\s\S]*publisher +official/],
  ['timm/deit_distilled/model.safetensors', ['heads=3'], 0, /distilled[\s\S]*preprocess +deit/],
  ['huggingface/vit_classification/model.safetensors', ['heads=4'], 0, /publisher +huggingface/],
  ['torchvision/vit/model.safetensors', [], 1, /not stated +.* pass heads\. See --config/],
  ['official/hybrid-two-stages/checkpoint.npz', [], 0, /publisher +official[\s\S]*ResNet +stem/],
  ['official/mixer/checkpoint.npz', [], 0, /publisher +official[\s\S]*over tokens/],
  [
    'lit/models/bert_two_heads/checkpoint.npz',
    ['textHeads=3'],
    0,
    /text tower +BERT[\s\S]*layers_\{0-1\}/,
  ],
  ['timm/mixer/model.safetensors', [], 0, /publisher +timm[\s\S]*MLP 32 over tokens/],
  ['timm/hybrid_resnet/model.safetensors', ['heads=3'], 0, /stem of 32 channels, 3 units/],
  ['timm/vit_qknorm/model.safetensors', [], 1, /does not run.*qk-norm[\s\S]*\.q_norm\./],
]

for (const [path, config, code, says] of golden) {
  sharedTest(`inspect ${path}`, async () => {
    const flags = config.flatMap((pair) => ['--config', pair])
    const inspected = await run(['inspect', sharedPath(`golden/${path}`), ...flags])
    assert.is(inspected.stderr, '')
    assert.is(inspected.code, code)
    assert.match(inspected.stdout, says)
  })
}

test.run()
