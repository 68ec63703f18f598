/**
 * An archive of 20,000 small pictures, three workers, and faults until it is done: in the end every picture has one
 * result, or is named. It takes minutes, so it runs with VITRINE_TEST_ALL=1. VITRINE_CIFAR names a folder with
 * CIFAR-10's files, whose pictures are taken then instead of noise.
 */
import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { packTar } from 'modern-tar'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { encodePNG } from '../../src/image/encode.ts'
import { result, temporaryFolder } from '../cli/run.ts'
import { testUnless } from '../obstacle.ts'
import { random } from '../random.ts'
import { account, namesIn, startBatch } from './jobs.ts'
import { natsServer, noNats } from './nats-server.ts'

const short = process.env.VITRINE_TEST_ALL
  ? undefined
  : 'it takes minutes; VITRINE_TEST_ALL=1 runs it'
const COUNT = 20_000
const PER_ARCHIVE = 2000
const SHARD = 500
const LEASE = 2

const folder = temporaryFolder()
const next = random(20)
const pick = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)]!
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** The pictures of the data set, or noise: `[3, 32, 32]` each. */
function* planes(): Generator<Uint8Array> {
  const cifar = process.env.VITRINE_CIFAR
  if (cifar !== undefined) {
    for (const file of readdirSync(cifar).filter((name) => name.endsWith('.bin'))) {
      const bytes = readFileSync(join(cifar, file))
      for (let at = 0; at < bytes.length; at += 3073) yield bytes.subarray(at + 1, at + 3073)
    }
  }
  for (;;) yield Uint8Array.from({ length: 3072 }, () => next() * 256)
}

/** Archives of PNGs, of which some are damaged, and what all their members are called in results. */
async function archives(): Promise<{ names: string[]; broken: string[] }> {
  const names: string[] = []
  const broken: string[] = []
  const source = planes()
  mkdirSync(join(folder, 'archives'))
  for (let first = 0; first < COUNT; first += PER_ARCHIVE) {
    const archive = join(folder, 'archives', `${String(first).padStart(6, '0')}.tar`)
    const entries = []
    for (let i = first; i < Math.min(COUNT, first + PER_ARCHIVE); i++) {
      const plane = source.next().value!
      const data = Uint8Array.from(
        { length: 3072 },
        (_, at) => plane[(at % 3) * 1024 + Math.floor(at / 3)]!,
      )
      let body = await encodePNG({ width: 32, height: 32, data })
      if (i % 997 === 5) body = body.slice(0, i % 2 === 0 ? 0 : 100)
      const member = `${String(i).padStart(6, '0')}.png`
      entries.push({ header: { name: member, size: body.length, type: 'file' as const }, body })
      names.push(`${archive}/${member}`)
      if (i % 997 === 5) broken.push(`${archive}/${member}`)
    }
    writeFileSync(archive, await packTar(entries))
  }
  return { names, broken }
}

const { names, broken } = short ? { names: [], broken: [] } : await archives()
const manifest = join(folder, 'archives')
const settings = ['--dtype', 'int8', '--image-size', '32', '--shard-size', String(SHARD)]

interface Fleet {
  readonly job: string
  readonly queue: readonly string[]
  /** Faults of the queue, by their names. */
  readonly faults: Readonly<Record<string, () => Promise<void>>>
}

async function survive({ job, queue, faults }: Fleet): Promise<void> {
  const shards = () => namesIn(job, 'job/shards').length
  const workers = new Set<ReturnType<typeof startBatch>>()
  const counts: Record<string, number> = {}
  const outputs: string[] = []
  let isDone = false
  const hire = () => {
    const common = ['--out', job, '--lease', String(LEASE), '--threads', '1', ...queue]
    const worker = startBatch(manifest, ...settings, ...common)
    workers.add(worker)
    void result(worker).then(({ code, stderr }) => {
      workers.delete(worker)
      outputs.push(`${code} ${stderr}`)
      if (namesIn(job).includes('summary.json')) isDone = true
    })
  }
  const anyWorker = () => pick([...workers])
  const resultFile = () => {
    const files = namesIn(job, 'results')
    return files.length === 0 ? undefined : join(job, 'results', pick(files))
  }
  const common: Fleet['faults'] = {
    kill: async () => void anyWorker().kill('SIGKILL'),
    terminate: async () => void anyWorker().kill('SIGTERM'),
    stop: async () => {
      const worker = anyWorker()
      worker.kill('SIGSTOP')
      await pause(3000 * LEASE)
      worker.kill('SIGCONT')
    },
    truncate: async () => {
      const file = resultFile()
      if (file) truncateSync(file, 40)
    },
    change: async () => {
      const file = resultFile()
      if (file) writeSync(openSync(file, 'r+'), 'x', 30)
    },
    submitAgain: async () => hire(),
  }
  const all = Object.entries({ ...common, ...faults })
  let turn = 0
  while (!isDone) {
    while (workers.size < 3 && !isDone) hire()
    await pause(1000)
    // Without more damage it ends.
    if (shards() === 0 || turn >= 3 * all.length || workers.size === 0) continue
    const [name, fault] = all[turn++ % all.length]!
    await fault()
    counts[name] = (counts[name] ?? 0) + 1
  }
  for (const worker of workers) worker.kill('SIGKILL')
  while (workers.size > 0) await pause(100)
  // What was damaged after the summary was made is found, too.
  const { code, stderr } = await result(startBatch('--out', job, '--verify'))
  assert.is(code, 1, `${stderr}\n${outputs.join('\n')}`)
  const { done, failed } = await account(job, names)
  assert.equal(failed, broken)
  assert.ok(turn > 0, 'there were faults')
  console.log(`${done.length} of ${names.length} done, ${failed.length} named; faults:`, counts)
}

testUnless(short, 'with leases in a folder', async () => {
  const job = join(folder, 'leases')
  await survive({ job, queue: [], faults: {} })
})

const noMount =
  process.platform === 'linux' && process.getuid?.() === 0
    ? undefined
    : 'only root can mount a small disk'

testUnless(short ?? noMount, 'on a disk that is full for a while', async () => {
  const disk = join(folder, 'disk')
  mkdirSync(disk)
  const mount = (...options: string[]) =>
    execFileSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', disk])
  mount('-o', `size=${COUNT * 300}`)
  try {
    const job = join(disk, 'job')
    const run = () => result(startBatch(manifest, '--out', job, ...settings, '--top', '8'))
    const full = await run()
    assert.match(full.stderr, /ENOSPC/)
    mount('-o', `remount,size=${COUNT * 3000}`)
    assert.is((await run()).code, 1)
    assert.equal((await account(job, names)).failed, broken)
  } finally {
    execFileSync('umount', [disk])
  }
})

testUnless(short ?? noNats, 'with NATS', async () => {
  const server = await natsServer(folder)
  const job = join(folder, 'nats')
  const restart = async () => {
    await server.kill()
    await server.start()
  }
  const deleteStream = async () => {
    const connection = await connect({ servers: server.url })
    const manager = await jetstreamManager(connection)
    const { id } = JSON.parse(readFileSync(join(job, 'job/job.json'), 'utf8'))
    await manager.streams.delete(`vitrine-${id}`).catch(() => {})
    await connection.close()
  }
  const forget = async () => {
    await server.kill()
    server.forgetAll()
    await server.start()
  }
  try {
    const faults = { killServer: restart, deleteStream, forgetStore: forget }
    await survive({ job, queue: ['--queue', server.url], faults })
  } finally {
    await server.kill()
  }
})

test.run()
