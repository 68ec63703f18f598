import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, truncateSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { result } from '../cli/run.ts'
import { testUnless } from '../obstacle.ts'
import { skipNow } from '../skip.ts'
import { until } from '../until.ts'
import { account, leased, named, namesIn, runBatch, startBatch, workshop } from './jobs.ts'

const { folder, weights, list } = await workshop()

/** So many that a shard takes a while. */
const COUNT = 120
const images = list('images.jsonl', COUNT)
const settings = ['--weights', weights, '--shard-size', '40', '--lease', '1', '--threads', '1']

const filesOf = (job: string) =>
  Object.fromEntries(
    namesIn(job, 'results').map((name) => [name, readFileSync(join(job, 'results', name), 'hex')]),
  )

test('a worker that is killed in the middle of a shard costs only that shard', async () => {
  const job = join(folder, 'killed')
  const first = startBatch(images, '--out', job, ...settings)
  const ended = result(first)
  await leased(job)
  first.kill('SIGKILL')
  await ended
  assert.not.ok(namesIn(job).includes('summary.json'))
  const { code } = await runBatch('--out', job)
  assert.is(code, 0)
  assert.is((await account(job, named(COUNT))).done.length, COUNT)
  assert.equal(namesIn(job, 'job/drafts'), [], 'what it left is removed')
})

test('a worker that is killed between its result and the end of its lease is not counted twice', async () => {
  const job = join(folder, 'placed')
  const small = [...settings, '--shard-size', '2']
  assert.is((await runBatch(images, '--out', job, ...small, '--plan')).code, 0)
  const worker = startBatch('--out', job)
  const ended = result(worker)
  let caught: string | undefined
  const watcher = watch(join(job, 'job/shards'), (_, name) => {
    if (caught !== undefined || !/^\d+\.json$/.test(name ?? '')) return
    worker.kill('SIGSTOP')
    const shard = name!.slice(0, 6)
    const isHeld = namesIn(job, 'job/leases').some((lease) => lease.startsWith(shard))
    if (!isHeld) return void worker.kill('SIGCONT')
    caught = shard
    worker.kill('SIGKILL')
  })
  const { code } = await ended
  watcher.close()
  if (caught === undefined) {
    assert.is(code, 0)
    return skipNow('the worker was never met between its result and its lease')
  }
  assert.ok(namesIn(job, 'job/shards').includes(`${caught}.json`))
  assert.is((await runBatch('--out', job)).code, 0)
  await account(job, named(COUNT))
})

test('a worker that was stopped beyond its lease changes nothing when it goes on', async () => {
  const job = join(folder, 'zombie')
  const zombie = startBatch(images, '--out', job, ...settings)
  const zombieEnds = result(zombie)
  const lease = await leased(job)
  zombie.kill('SIGSTOP')
  const other = await runBatch('--out', job, '--lease', '1')
  assert.is(other.code, 0)
  await account(job, named(COUNT))
  assert.ok(namesIn(job, 'results').includes(`part-${lease.slice(0, 6)}.jsonl`))
  const before = filesOf(job)
  zombie.kill('SIGCONT')
  const { code, stderr } = await zombieEnds
  assert.is(code, 0, stderr)
  assert.equal(filesOf(job), before)
  await account(job, named(COUNT))
})

test('SIGTERM gives the shard back at once, and is no attempt that failed', async () => {
  const job = join(folder, 'terminated')
  const long = ['--weights', weights, '--shard-size', '40', '--lease', '600', '--threads', '1']
  const worker = startBatch(images, '--out', job, ...long)
  const ended = result(worker)
  const lease = await leased(job)
  worker.kill('SIGTERM')
  assert.is((await ended).code, 143)
  const state = JSON.parse(readFileSync(join(job, 'job/leases', lease), 'utf8'))
  assert.is(state.ended, 'given back')
  const other = startBatch('--out', job, '--lease', '600')
  assert.is((await result(other)).code, 0)
  await account(job, named(COUNT))
})

test('a shard that kills its workers again and again is named, and the others are done', async () => {
  const job = join(folder, 'poison')
  assert.is((await runBatch(images, '--out', job, ...settings, '--plan')).code, 0)
  for (let death = 0; death < 5; death++) {
    const worker = startBatch('--out', job, '--lease', '1')
    const ended = result(worker)
    const count = () =>
      namesIn(job, 'job/leases').filter((name) => name.startsWith('000000.')).length
    await until(() => count() > death, 'the worker has the shard')
    worker.kill('SIGKILL')
    await ended
    if (namesIn(job, 'job/shards').includes('000000.json')) return skipNow('a worker was too fast')
  }
  const { code, stderr } = await runBatch('--out', job, '--lease', '1')
  assert.is(code, 1)
  assert.match(stderr, /120 images, 80 done, 40 failed \(40 WORKER\)/)
  const { failed } = await account(job, named(COUNT))
  assert.equal(failed, named(40))
  assert.match(readFileSync(join(job, 'failed.jsonl'), 'utf8'), /5 attempts to compute shard 0/)
  assert.is((await runBatch('--out', job, '--retry-failed')).code, 0)
  assert.is((await account(job, named(COUNT))).done.length, COUNT)
})

test('two processes that start the same job at once share it', async () => {
  const job = join(folder, 'twice')
  const both = [1, 2].map(() => result(startBatch(images, '--out', job, ...settings)))
  for (const { code, stderr } of await Promise.all(both)) assert.is(code, 0, stderr)
  await account(job, named(COUNT))
  assert.is(namesIn(job, 'job').filter((name) => name.startsWith('manifest')).length, 1)
})

test('of two other jobs that start in one folder at once, one is refused', async () => {
  const job = join(folder, 'other')
  const both = ['20', '30'].map((size) =>
    result(startBatch(images, '--out', job, ...settings, '--shard-size', size)),
  )
  const ends = await Promise.all(both)
  const codes = ends.map(({ code }) => code).sort()
  assert.equal(codes, [0, 2], ends.map(({ stderr }) => stderr).join('\n'))
  await account(job, named(COUNT))
})

test('results that were truncated or changed are computed anew', async () => {
  const job = join(folder, 'damaged')
  const worker = startBatch(images, '--out', job, ...settings)
  const ended = result(worker)
  await until(() => namesIn(job, 'results').length > 0, 'there is a result')
  worker.kill('SIGTERM')
  await ended
  const [first] = namesIn(job, 'results')
  truncateSync(join(job, 'results', first!), 100)
  const { code, stderr } = await runBatch('--out', job)
  assert.is(code, 0)
  assert.match(stderr, /computed anew: .* has 100 bytes/)
  await account(job, named(COUNT))
  // Of the same length, it shows when it is read.
  const before = filesOf(job)
  const path = join(job, 'results', first!)
  const bytes = readFileSync(path)
  bytes[50] = bytes[50]! ^ 1
  writeFileSync(path, bytes)
  const verified = await runBatch('--out', job, '--verify')
  assert.is(verified.code, 0)
  assert.match(verified.stderr, /computed anew: .* another checksum/)
  assert.equal(filesOf(job), before)
})

test('broken, empty and missing images are named as failed, and tried again when that is wanted', async () => {
  const empty = join(folder, 'empty.jpg')
  const cut = join(folder, 'cut.jpg')
  const missing = join(folder, 'missing.png')
  writeFileSync(empty, '')
  writeFileSync(cut, readFileSync('examples/rocket.jpg').subarray(0, 3000))
  const broken = list('broken.jsonl', 7, [empty, cut, missing])
  const job = join(folder, 'broken')
  const { code, stderr } = await runBatch(broken, '--out', job, '--weights', weights)
  assert.is(code, 1)
  assert.match(stderr, /7 images, 4 done, 3 failed \(2 FORMAT, 1 SOURCE\)/)
  const { failed } = await account(job, named(7))
  assert.equal(failed, ['image 0', 'image 1', 'image 2'])
  const why = readFileSync(join(job, 'failed.jsonl'), 'utf8')
  assert.match(why, /"image 2","code":"SOURCE"/)
  writeFileSync(missing, readFileSync('examples/coffee.png'))
  const again = await runBatch('--out', job, '--retry-failed')
  assert.is(again.code, 1)
  assert.equal((await account(job, named(7))).failed, ['image 0', 'image 1'])
})

const noMount = (() => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'only root can mount a small disk'
  const place = join(folder, 'try')
  mkdirSync(place)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place], { stdio: 'pipe' })
    execFileSync('umount', [place])
    return undefined
  } catch (error) {
    return `no disk can be mounted here: ${(error as Error).message.split('\n').at(-2)}`
  }
})()

testUnless(
  noMount,
  'a full disk stops a worker, and the job goes on when there is room',
  async () => {
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=96k', 'tmpfs', disk])
    try {
      const job = join(disk, 'job')
      const full = await runBatch(images, '--out', job, ...settings, '--top', '10')
      assert.is(full.code, 1)
      assert.match(full.stderr, /ENOSPC/)
      assert.equal(namesIn(job, 'job/drafts'), [], 'no half of a file is left')
      execFileSync('mount', ['-o', 'remount,size=16m', disk])
      assert.is((await runBatch('--out', job)).code, 0)
      await account(job, named(COUNT))
    } finally {
      execFileSync('umount', [disk])
    }
  },
)

test.run()
