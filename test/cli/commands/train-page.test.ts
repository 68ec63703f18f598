import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../../src/checkpoint/plan/metadata.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../../checkpoint/models.ts'
import { noisePNG } from '../../train/data/made.ts'
import { result, run, start, temporaryFolder } from '../run.ts'

const built = existsSync(new URL('../../../build/page/training.js.gz', import.meta.url))
if (!built) console.log('skipping the page of vitrine train, which is not built (npm run build)')
const withPage = built ? test : test.skip

const folder = temporaryFolder()
const model = join(folder, 'small.safetensors')
const photos = join(folder, 'photos')
const recipe = ['--model', model, '--dataset', photos, '--batch', '2', '--threads', '1']

test.before(async () => {
  const metadata = ownMetadata({ config: smallConfig, recipe: 'official' })
  writeFileSync(model, await asSafetensors(tensorsOf(timm, smallConfig), metadata))
  for (const part of ['train', 'test']) {
    for (const [k, name] of ['ant', 'bee'].entries()) {
      mkdirSync(join(photos, part, name), { recursive: true })
      for (let i = 0; i < 5; i++) {
        writeFileSync(join(photos, part, name, `${i}.png`), await noisePNG(10 * k + i, 20, 14))
      }
    }
  }
})

withPage('train leaves a report that evaluate shows again', async () => {
  const workdir = join(folder, 'run')
  const flags = [...recipe, '--workdir', workdir, '--total_steps', '4', '--eval_every', '2']
  const { code, stderr, stdout } = await run(['train', ...flags])
  assert.is(code, 0, stderr)
  assert.match(
    stderr,
    /^2 classes; pictures: 8 to train on, 2 held out, 10 for the test; 4 updates of 2\n/,
  )
  assert.match(stderr, /update 4: \d+\.\d\d % of 2 held-out pictures right/)
  assert.match(stderr, /report: .*report\.html/)
  assert.not.match(stderr, /page: /)
  assert.match(stdout, /% of 10 test pictures right/)
  const data = (path: string) =>
    JSON.parse(/id="vitrine-training-data">(.*?)<\/script>/s.exec(readFileSync(path, 'utf8'))![1]!)
  const { record } = data(join(workdir, 'report.html'))
  assert.is(record.state.phase, 'finished')
  assert.equal([record.steps.length, record.scores.length], [4, 2])
  assert.equal(Object.keys(record.evaluations), ['validation', 'test'])
  const again = join(folder, 'again.html')
  const shown = await run([
    'evaluate',
    ...['--weights', workdir, '--dataset', photos, '--threads', '1', '--report', again],
  ])
  assert.is(shown.code, 0, shown.stderr)
  const after = data(again).record
  assert.equal(after.steps, record.steps)
  assert.equal(after.evaluations.validation, record.evaluations.validation)
  assert.equal(after.evaluations.test.confused, record.evaluations.test.confused)
})

withPage('--page says where the page is, which follows the run until it is stopped', async () => {
  const workdir = join(folder, 'stopped')
  const child = start([
    'train',
    ...recipe,
    '--workdir',
    workdir,
    '--page',
    '--total_steps',
    '900000',
  ])
  const ended = result(child)
  let said = ''
  while (!/page: (\S+)\n/.test(said)) said += (await once(child.stderr, 'data'))[0]
  const [, url] = /page: (\S+)\n/.exec(said)!
  assert.match(url!, /^http:\/\/127\.0\.0\.1:\d+\/$/)
  const { body } = await fetch(`${url}events`)
  let told = ''
  let isStopped = false
  for await (const piece of body!) {
    told += Buffer.from(piece).toString()
    if (isStopped || !told.includes('"type":"step"')) continue
    isStopped = true
    child.kill('SIGINT')
  }
  assert.match(told, /"how":"stopped"/)
  assert.is((await ended).code, 130)
})

withPage('a port that is in use is an error, before anything is trained', async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const port = String((other.address() as AddressInfo).port)
  const workdir = join(folder, 'port')
  const { code, stderr } = await run(['train', ...recipe, '--workdir', workdir, '--page', port])
  other.close()
  assert.is(code, 1)
  assert.match(stderr, new RegExp(`port ${port}: it is in use`))
  assert.not(existsSync(join(workdir, 'train.jsonl')))
})

test.run()
