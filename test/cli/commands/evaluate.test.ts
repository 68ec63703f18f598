import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../../src/checkpoint/plan/metadata.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { evaluate } from '../../../src/train/evaluate.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../../checkpoint/models.ts'
import { noisePNG } from '../../train/data/made.ts'
import { run, temporaryFolder } from '../run.ts'

const folder = temporaryFolder()
const weights = join(folder, 'small.safetensors')
const photos = join(folder, 'photos')
const labels = ['ant', 'bee', 'cat', 'dog', 'eel']
const exact = ['--weights', weights, '--backend', 'reference']

test.before(async () => {
  const metadata = ownMetadata({ config: smallConfig, recipe: 'official', labels })
  writeFileSync(weights, await asSafetensors(tensorsOf(timm, smallConfig), metadata))
  for (const [k, name] of labels.entries()) {
    mkdirSync(join(photos, name), { recursive: true })
    for (let i = 0; i < 4; i++) {
      writeFileSync(join(photos, name, `${i}.png`), await noisePNG(10 * k + i, 20, 14))
    }
  }
  writeFileSync(join(photos, 'bee', 'bro\u001b[31mken.png'), 'no picture')
})

test('evaluate --json is the API’s result, with names of classes', async () => {
  const flags = [...exact, '--dataset', photos, '--split', 'all', '--json']
  const { code, stdout, stderr } = await run(['evaluate', ...flags])
  assert.is(code, 0)
  assert.match(stderr, /^left out: bee\/bro\\x1b\[31mken\.png: /)
  const written = JSON.parse(stdout)
  const api = await evaluate(weights, photos, { split: 'all', load: { backend: 'reference' } })
  for (const key of ['pictures', 'accuracy', 'loss', 'split', 'confusion', 'unusable'] as const) {
    assert.equal(written[key], api[key], key)
  }
  assert.equal(
    written.classes.map(({ name }: { name: string }) => name),
    labels,
  )
  assert.equal(
    written.mistakes.map(({ predicted }: { predicted: string }) => predicted),
    api.mistakes.map(({ predicted }) => labels[predicted]),
  )
})

test('evaluate shows accuracy and tables, and writes a report', async () => {
  const report = join(folder, 'report.html')
  const flags = [...exact, '--dataset', photos, '--top', '3', '--report', report]
  const { code, stdout, stderr } = await run(['evaluate', ...flags])
  assert.is(code, 0, stderr)
  assert.match(stderr, /no pictures for tests, so all 21 are classified/)
  assert.match(stderr, /report: .*report\.html\n/)
  assert.match(stdout, /photos \(all\): \d+\.\d\d % of 20 pictures right\nmean loss \d\.\d{4}\n/)
  assert.match(stdout, /1 picture left out/)
  assert.match(stdout, /Classes, the worst first 3 of 5\nclass +pictures +recall +precision\n/)
  assert.match(stdout, /Most wrong 3 of \d+\npicture +class +taken for +probability +loss\n/)
  assert.not.match(stdout, /among all classes/)
  const html = readFileSync(report, 'utf8')
  assert.match(html, /"split":"all"/)
  assert.match(html, /data:image\/png;base64,/)
})

test('int8 runs on the same pictures', async () => {
  const flags = ['--weights', weights, '--dataset', photos, '--dtype', 'int8', '--json']
  const { code, stdout } = await run(['evaluate', ...flags, '--threads', '1'])
  assert.is(code, 0)
  assert.is(JSON.parse(stdout).pictures, 20)
})

test('classes that the model does not have, and wrong flags, are refused', async () => {
  const others = join(folder, 'others')
  for (const name of ['ant', 'unicorn']) {
    mkdirSync(join(others, name), { recursive: true })
    writeFileSync(join(others, name, '0.png'), await noisePNG(3))
  }
  const foreign = await run(['evaluate', ...exact, '--dataset', others])
  assert.is(foreign.code, 1)
  assert.match(foreign.stderr, /no class "unicorn" of .*others.*\(DATASET\)/)
  assert.is(foreign.stdout, '')
  const none = await run(['evaluate', ...exact])
  assert.is(none.code, 2)
  assert.match(none.stderr, /--dataset/)
  const split = await run(['evaluate', ...exact, '--dataset', photos, '--split', 'tests'])
  assert.is(split.code, 2)
})

test.run()
