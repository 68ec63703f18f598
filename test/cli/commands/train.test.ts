import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readJSONLines } from '../../../src/train/log/json-lines.ts'
import { run, temporaryFolder } from '../run.ts'
import { material } from '../train/made.ts'

const folder = temporaryFolder()
const train = await material(folder)
const short = '--total_steps 6 --warmup_steps 1 --threads 1 --augment crop'.split(' ')

test('a run in the release’s words, and what comes out of it', async () => {
  const words = [
    ...['--logdir', join(folder, 'runs'), '--name', 'first', '--batch', '8', '--accum_steps', '2'],
    // With dashes too.
    ...['--base-lr', '0.1', '--decay-type=linear', '--grad_norm_clip', '1'],
    ...['--optim_dtype', 'float32', '--progress_every', '4', '--eval_every', '3'],
  ]
  const { code, stdout, stderr } = await run([...train, ...short, ...words])
  assert.is(code, 0, stderr)
  const place = join(folder, 'runs', 'first')
  assert.match(stdout, /^\d+\.\d\d % of 24 test pictures right\n.*model\.safetensors\n$/)
  assert.match(stderr, /update 3: .* held-out pictures right, the best so far/)
  const lines = readJSONLines(readFileSync(join(place, 'train.jsonl'), 'utf8'))
  assert.equal(
    lines.filter(({ loss }) => loss !== undefined).map(({ step }) => step),
    [4, 6],
  )
  assert.not.ok(existsSync(join(place, 'best.safetensors')))

  const classified = await run([
    ...['classify', join(folder, 'photos/test/red/0.png'), '--weights', place, '--json'],
  ])
  assert.match(classified.stdout, /"(red|blue)"/)

  const inspected = await run(['inspect', place])
  assert.match(inspected.stdout, /trained on +photos: \d+ pictures of 2 classes/)
  assert.match(inspected.stdout, /from tiny\.safetensors/)
  assert.match(inspected.stdout, /test +\d+\.\d\d % of 24 pictures right/)
  assert.match(inspected.stdout, /settings .*batch 8, accumSteps 2/)

  const copy = join(folder, 'copy.safetensors')
  const converted = await run(['convert', join(place, 'model.safetensors'), '-o', copy])
  assert.is(converted.code, 0, converted.stderr)
  const [before, after] = await Promise.all(
    [place, copy].map(async (file) => JSON.parse((await run(['inspect', '--json', file])).stdout)),
  )
  assert.is(after.training.test.pictures, 24)
  assert.equal(after.training, before.training)
  const official = await run([
    ...['convert', join(place, 'model.safetensors'), '-o', join(folder, 'official.npz')],
  ])
  assert.is(official.code, 0, official.stderr)
})

const refused: [name: string, flags: string[], message: RegExp][] = [
  ['two folders', ['--workdir', 'a', '--logdir', 'b'], /--workdir and a --logdir/],
  ['a name without --logdir', ['--workdir', 'a', '--name', 'b'], /--name is a folder in the/],
  ['a name that is a path', ['--logdir', 'a', '--name', '../b'], /name of a folder/],
  ['no folder', [], /give --workdir FOLDER/],
  ['an unknown word', ['--workdir', 'a', '--mixup_alpha', '1'], /unknown option '--mixup_alpha'/],
  ['an unknown decay', ['--workdir', 'a', '--decay_type', 'step'], /cosine, linear, constant/],
]

for (const [name, flags, message] of refused) {
  test(`a mistake is answered before anything is made: ${name}`, async () => {
    const { code, stderr } = await run([...train, ...flags])
    assert.is(code, 2)
    assert.match(stderr, message)
  })
}

test('options that contradict each other are refused in the command’s words', async () => {
  const workdir = ['--workdir', join(folder, 'wrong')]
  const { code, stderr } = await run([...train, ...workdir, '--batch', '9', '--accum_steps', '2'])
  assert.is(code, 2)
  assert.match(stderr, /accum_steps is 2 and batch 9/)
  assert.not.ok(existsSync(join(folder, 'wrong', 'train.jsonl')))
})

test('a model that is there is not replaced by a new run', async () => {
  const place = join(folder, 'taken')
  const made = await run([...train, ...short, '--batch', '4', '--workdir', place])
  assert.is(made.code, 0, made.stderr)
  const other = await run([...train, ...short, '--batch', '5', '--workdir', place])
  assert.is(other.code, 2)
  assert.match(other.stderr, /run to resume has batch 4, and this one batch 5/)
  assert.not.match(other.stderr, /the same command goes on/)
  const damaged = join(place, 'checkpoint_6.safetensors')
  writeFileSync(damaged, readFileSync(damaged).subarray(0, 999))
  const onDamaged = await run([...train, ...short, '--batch', '4', '--workdir', place])
  assert.is(onDamaged.code, 1)
  assert.match(onDamaged.stderr, /checkpoint_6\.safetensors is damaged.* the run begins anew/)
  const { rmSync } = await import('node:fs')
  rmSync(damaged)
  const anew = await run([...train, ...short, '--batch', '4', '--workdir', place])
  assert.is(anew.code, 1)
  assert.match(anew.stderr, /has a model\.safetensors already, and no state/)
})

test('a table’s column, the names of its classes, and what the checkpoint does not say', async () => {
  const data = join(folder, 'table')
  mkdirSync(data)
  for (let i = 0; i < 6; i++) {
    const colour = i % 2 ? 'red' : 'blue'
    copyFileSync(join(folder, 'photos/train', colour, `${i}.png`), join(data, `${i}.png`))
  }
  const rows = Array.from({ length: 6 }, (_, i) => `${i}.png,${i % 2}`)
  writeFileSync(join(data, 'metadata.csv'), ['file_name,kind', ...rows].join('\n'))
  writeFileSync(join(folder, 'names.txt'), 'azure\nscarlet\n')
  const place = join(folder, 'of-table')
  const command = ['train', '--model', join(folder, 'tiny.safetensors'), '--dataset', data]
  const flags = ['--workdir', place, ...short, '--batch', '4', '--no_neighbours']
  flags.push('--preprocess', 'official')
  const unnamed = await run([...command, ...flags])
  assert.match(unnamed.stderr, /no column label.* Name the one with the classes as label_column/)
  const names = ['--label-column', 'kind', '--classes', join(folder, 'names.txt')]
  const { code, stderr } = await run([...command, ...flags, ...names])
  assert.is(code, 0, stderr)
  const inspected = await run(['inspect', place])
  assert.match(inspected.stdout, /labels +2: azure, scarlet/)
})

test('a state is no model', async () => {
  const place = join(folder, 'state')
  const made = await run([...train, ...short, '--batch', '4', '--workdir', place])
  assert.is(made.code, 0, made.stderr)
  const state = join(place, 'checkpoint_6.safetensors')
  const { code, stderr } = await run(['classify', 'examples/chelsea.png', '--weights', state])
  assert.is(code, 1)
  assert.match(stderr, /is a state from which vitrine train goes on, and no model/)
})

test.run()
