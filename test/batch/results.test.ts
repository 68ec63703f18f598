import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Layout } from '../../src/batch/job/layout.ts'
import { fingerprint, type Job } from '../../src/batch/job/settings.ts'
import { readRecord, type ShardRecord } from '../../src/batch/results/record.ts'
import { Results } from '../../src/batch/results/results.ts'
import { FormatError, SourceError } from '../../src/errors.ts'
import { rejects } from '../checkpoint/collect.ts'
import { temporaryFolder } from '../cli/run.ts'

const job = {
  task: { kind: 'classify', top: 5 },
  format: 'jsonl',
  model: {},
  manifest: { sha256: 'abc', shards: [{}] },
} as unknown as Job

const { signal } = new AbortController()

function place() {
  const layout = new Layout(temporaryFolder())
  mkdirSync(layout.records, { recursive: true })
  return { layout, results: new Results(layout, job) }
}

async function* chunks(text: string) {
  yield new TextEncoder().encode(text)
}

const path = 'results/part-000000.jsonl'

async function made(results: Results, text: string): Promise<ShardRecord> {
  const files = await results.draft([{ path, chunks: chunks(text) }], signal)
  const failed = [{ image: 'b', code: 'FORMAT', message: 'broken' }]
  return { shard: 0, job: fingerprint(job), done: 1, failed, files, worker: 'me', seconds: 1 }
}

test('the first result of a shard counts, and nothing is left of the second', async () => {
  const { layout, results } = place()
  const [first, second] = [await made(results, 'first\n'), await made(results, 'second\n')]
  assert.is(await results.place(first), true)
  assert.is(await results.place(second), false)
  assert.is(readFileSync(layout.file(path), 'utf8'), 'first\n')
  assert.equal(readdirSync(layout.drafts), [])
  assert.equal(await results.verified(0, true, signal), first)
})

test('a result whose files were not put in place is completed by whoever finds it', async () => {
  const { layout, results } = place()
  const record = await made(results, 'first\n')
  await results.place(record)
  // As if the worker had died before it renamed them.
  renameSync(layout.file(path), join(layout.drafts, record.files[0]!.draft))
  assert.equal(await results.verified(0, true, signal), record)
  assert.is(readFileSync(layout.file(path), 'utf8'), 'first\n')
})

test('a file that is truncated, changed or gone is said so', async () => {
  const { layout, results } = place()
  await results.place(await made(results, 'first\n'))
  writeFileSync(layout.file(path), 'other\n')
  const changed = await rejects(results.verified(0, true, signal), FormatError)
  assert.match(changed.message, /another checksum/)
  truncateSync(layout.file(path), 3)
  const truncated = await rejects(results.verified(0, false, signal), FormatError)
  assert.match(truncated.message, /has 3 bytes, and was written with 6/)
  await results.discard(0)
  assert.is(await results.has(0), false)
  assert.equal(readdirSync(join(layout.folder, 'results')), [], 'no file without a record is left')
  await rejects(results.verified(0, false, signal), SourceError)
})

test('a record that is truncated, changed or of another job is refused', async () => {
  const { layout, results } = place()
  await results.place(await made(results, 'first\n'))
  const text = readFileSync(layout.record(0), 'utf8')
  for (const damaged of [text.slice(0, 40), '', text.replace('"done":1', '"done":2'), 'null']) {
    assert.throws(
      () => readRecord(damaged, 'record'),
      (error: Error) => error instanceof FormatError,
    )
  }
  const other = new Results(layout, { ...job, format: 'parquet' })
  await rejects(other.verified(0, false, signal), FormatError)
})

test('a file that can not be written leaves no draft', async () => {
  const { layout, results } = place()
  async function* failing() {
    yield new Uint8Array(3)
    throw Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' })
  }
  await rejects(results.draft([{ path, chunks: failing() }], signal), SourceError)
  assert.equal(readdirSync(layout.drafts), [])
})

test.run()
