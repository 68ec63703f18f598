import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { result } from '../cli/run.ts'
import { testUnless } from '../obstacle.ts'
import { until } from '../until.ts'
import { account, named, namesIn, runBatch, startBatch, workshop } from './jobs.ts'
import { natsServer, noNats } from './nats-server.ts'

const { folder, weights, list } = await workshop()
const server = noNats ? undefined : await natsServer(folder)

const COUNT = 120
const images = list('images.jsonl', COUNT)
const settings = ['--weights', weights, '--shard-size', '20', '--threads', '1']
const queue = () => ['--queue', server!.url, '--lease', '2']

const results = (job: string) => namesIn(job, 'results').length
const jobId = (job: string) => JSON.parse(readFileSync(join(job, 'job/job.json'), 'utf8')).id

/** A job with two workers, of which one has put a result in place. */
async function underWay(name: string) {
  const job = join(folder, name)
  const planned = await runBatch(images, '--out', job, ...settings, '--plan')
  assert.is(planned.code, 0, planned.stderr)
  const workers = [1, 2].map(() => startBatch('--out', job, ...queue()))
  const ends = workers.map(result)
  await until(() => results(job) > 0, 'there is a result')
  return { job, workers, ends }
}

/** All workers that are left end well, or the job is finished by another one. */
async function finishes(job: string, ends: Promise<{ code: number | null; stderr: string }>[]) {
  for (const { code, stderr } of await Promise.all(ends)) assert.is(code, 0, stderr)
  await account(job, named(COUNT))
}

testUnless(noNats, 'workers share a job, and leave no stream behind', async () => {
  const { job, ends } = await underWay('shared')
  await finishes(job, ends)
  const connection = await connect({ servers: server!.url })
  const manager = await jetstreamManager(connection)
  assert.equal(await manager.streams.names().next(), [])
  await connection.close()
})

testUnless(noNats, 'a worker is killed', async () => {
  const { job, workers, ends } = await underWay('worker-killed')
  workers[0]!.kill('SIGKILL')
  await finishes(job, [ends[1]!])
})

testUnless(noNats, 'a worker is stopped beyond its lease, and goes on', async () => {
  const { job, workers, ends } = await underWay('worker-stopped')
  workers[0]!.kill('SIGSTOP')
  await finishes(job, [ends[1]!])
  workers[0]!.kill('SIGCONT')
  await finishes(job, [ends[0]!])
})

testUnless(noNats, 'the server is killed, and comes back', async () => {
  const { job, ends } = await underWay('server-killed')
  await server!.kill()
  const before = results(job)
  await server!.start()
  await finishes(job, ends)
  assert.ok(before < COUNT / 20, 'it was killed while there was work')
})

testUnless(noNats, 'the server loses its disk', async () => {
  const { job, ends } = await underWay('store-lost')
  await server!.kill()
  server!.forgetAll()
  await server!.start()
  await finishes(job, ends)
})

testUnless(noNats, 'the stream is deleted', async () => {
  const { job, ends } = await underWay('stream-deleted')
  const connection = await connect({ servers: server!.url })
  const manager = await jetstreamManager(connection)
  const stream = `vitrine-${jobId(job)}`
  assert.is(await manager.streams.delete(stream), true)
  await connection.close()
  await finishes(job, ends)
})

testUnless(
  noNats,
  'shards that are published again, and messages of others, change nothing',
  async () => {
    const { job, ends } = await underWay('duplicates')
    const connection = await connect({ servers: server!.url })
    const client = jetstream(connection)
    const prefix = `vitrine.${jobId(job)}.shard.`
    for (const name of ['0', '0', '1', '5', '999', 'other', '-1']) {
      await client.publish(prefix + name, 'x')
    }
    await connection.close()
    await finishes(job, ends)
  },
)

testUnless(noNats, 'SIGTERM gives the shard back at once', async () => {
  const job = join(folder, 'terminated')
  assert.is((await runBatch(images, '--out', job, ...settings, '--plan')).code, 0)
  const long = ['--queue', server!.url, '--lease', '600']
  const worker = startBatch('--out', job, ...long)
  const ended = result(worker)
  await until(() => results(job) > 0, 'there is a result')
  worker.kill('SIGTERM')
  assert.is((await ended).code, 143)
  // Nobody waits for ten minutes.
  await finishes(job, [result(startBatch('--out', job, ...long))])
})

test('a server that is not there is named', async () => {
  const job = join(folder, 'nowhere')
  const nowhere = ['--queue', 'nats://127.0.0.1:1']
  const { code, stderr } = await runBatch(images, '--out', job, ...settings, ...nowhere)
  assert.is(code, 1)
  assert.match(stderr, /Can't use JetStream at 127\.0\.0\.1:1/)
})

test.after(() => server?.kill())

test.run()
