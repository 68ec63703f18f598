import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../cli/run.ts'
import { writeTiny } from '../cli/tiny-model.ts'
import { account, named, namesIn, runBatch, workshop } from './jobs.ts'

const { folder, weights, list } = await workshop()
const images = list('images.jsonl', 10)
const settings = ['--weights', weights, '--shard-size', '3']

test('a job goes on with its own settings, and refuses others', async () => {
  const job = join(folder, 'joined')
  const planned = await runBatch(images, '--out', job, ...settings, '--top', '2', '--plan')
  assert.is(planned.code, 0)
  assert.match(planned.stderr, /10 images in 4 shards/)
  assert.equal(namesIn(job, 'job/shards'), [])
  const other = join(folder, 'other.safetensors')
  await writeTiny(other)
  // Of the same shape, with other signs.
  const bytes = readFileSync(other)
  for (let at = bytes.length - 20_001; at < bytes.length; at += 4) bytes[at]! ^= 0x80
  writeFileSync(other, bytes)
  const refusals: [string[], RegExp][] = [
    [['--top', '3'], /has --top 2, not 3/],
    [['--embed'], /has --embed "not set", not true/],
    [['--dtype', 'int16'], /has --dtype "f32", not "int16"/],
    [[weights], /is of other images/],
    [['--weights', other], /computes with another model/],
  ]
  for (const [flags, message] of refusals) {
    const { code, stderr } = await runBatch(...flags, '--out', job)
    assert.is(code, 2, stderr)
    assert.match(stderr, message)
  }
  const { code, stdout } = await runBatch('--out', job, '--json')
  assert.is(code, 0)
  assert.is(JSON.parse(stdout).done, 10)
  await account(job, named(10))
  const line = readFileSync(join(job, 'results/part-000000.jsonl'), 'utf8').split('\n')[0]!
  assert.is(JSON.parse(line).predictions.length, 2)
  // The same command again says the same, and computes nothing.
  const again = await runBatch(images, '--out', job, ...settings, '--top', '2')
  assert.is(again.code, 0)
  assert.not.match(again.stderr, /shard \d/)
})

test('several processes of one machine share a job', async () => {
  const job = join(folder, 'processes')
  const { code, stderr } = await runBatch(images, '--out', job, ...settings, '--workers', '2')
  assert.is(code, 0, stderr)
  assert.match(stderr, /10 images, 10 done/)
  await account(job, named(10))
})

test('a folder that can not be written is named', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  for (const out of [file, join(file, 'job')]) {
    const { code, stderr } = await runBatch(images, '--out', out, ...settings)
    assert.is(code, 1)
    assert.match(stderr, /^vitrine: Can't .*file.* \(SOURCE\)$/m)
  }
})

test('several processes of one pod compute its index', async () => {
  const job = join(folder, 'pod')
  assert.is((await runBatch(images, '--out', job, ...settings, '--plan')).code, 0)
  const two = ['--completions', '2', '--workers', '2']
  for (const index of ['0', '1']) {
    const { code, stderr } = await pod(job, index, ...two)
    assert.is(code, 0, stderr)
  }
  await account(job, named(10))
})

test('a folder without a job needs images', async () => {
  const { code, stderr } = await runBatch('--out', join(folder, 'none'))
  assert.is(code, 2)
  assert.match(stderr, /There is no job/)
})

const pod = (job: string, index: string, ...flags: string[]) =>
  run(['batch', '--out', job, '--queue', 'kubernetes', ...flags], {
    env: { JOB_COMPLETION_INDEX: index },
  })

test('pods of an Indexed Job compute the shards of their index, and the last makes the summary', async () => {
  const job = join(folder, 'indexed')
  const broken = join(folder, 'broken.jpg')
  writeFileSync(broken, '')
  const some = list('some.jsonl', 10, [broken])
  assert.is((await runBatch(some, '--out', job, ...settings, '--plan')).code, 0)
  const first = await pod(job, '0', '--completions', '2')
  assert.is(first.code, 0, first.stderr)
  assert.equal(namesIn(job, 'job/shards').sort(), ['000000.json', '000002.json'])
  assert.not.ok(namesIn(job).includes('summary.json'))
  const second = await pod(job, '1', '--completions', '2')
  assert.is(second.code, 0, 'images that fail are no reason to run a pod again')
  assert.equal((await account(job, named(10))).failed, ['image 0'])
  const again = await pod(job, '1', '--completions', '2')
  assert.is(again.code, 0)
})

test('a pod says by exit code 42 that another attempt would fail too', async () => {
  const job = join(folder, 'for-good')
  assert.is((await runBatch(images, '--out', job, ...settings, '--plan')).code, 0)
  const attempts = [
    await pod(job, '4'),
    await pod(job, 'x'),
    await pod(join(folder, 'nowhere'), '0'),
    await run(['batch', '--out', job, '--queue', 'kubernetes']),
  ]
  const [manifest] = namesIn(job, 'job').filter((name) => name.startsWith('manifest'))
  writeFileSync(join(job, 'job', manifest!), 'changed')
  attempts.push(await pod(job, '0'))
  for (const { code, stderr } of attempts) assert.is(code, 42, stderr)
  assert.match(attempts[0]!.stderr, /indexes go from 0 to 3/)
  assert.match(attempts[4]!.stderr, /has changed since the job was made/)
})

test.run()
