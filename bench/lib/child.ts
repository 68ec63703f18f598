import { readFileSync } from 'node:fs'
import { peers } from '../peers/registry.ts'
import { type Job, jobConfig, jobProgram, type Reply, type Request } from './job.ts'
import type { Peer, Session } from './peer.ts'
import { randomPixels, randomWeights } from './random-vit.ts'

// The entry of every process of the comparison. It holds one engine and one model.
const job = JSON.parse(process.argv[2]!) as Job
const { peer } = (await import(`../peers/${peers[job.peer]!.adapter}`)) as { peer: Peer }
const program = jobProgram(job.model, job.graph)
if (job.phase === 'prepare') {
  await peer.prepare(program, randomWeights(program.weights), job.directory)
} else {
  await measure()
}

async function measure(): Promise<void> {
  const size = jobConfig(job.model).imageSize
  const images = [randomPixels(size, 1), randomPixels(size, 2)] as const
  const start = performance.now()
  const session = await peer.load(program, job.directory, job)
  const loaded = performance.now()
  const logits = [...(await session.run(images[0]))]
  const first = performance.now() - loaded
  // A second image tells an engine that ignores its input from one that computes.
  logits.push(...(await session.run(images[1])))
  const { description } = session
  const version = peer.version()
  send({ tell: 'loaded', version, description, load: loaded - start, first, logits })

  process.once('disconnect', () => process.exit())
  process.on('message', async (request: Request) => {
    if (request.ask === 'warm') {
      send({ tell: 'warm', runs: await warm(session, images[0], request.seconds) })
    } else if (request.ask === 'round') {
      send(await round(session, images, request.runs))
    } else {
      await session.dispose()
      process.send!({ tell: 'finished', peakBytes: peakBytes() } satisfies Reply, () =>
        process.exit(0),
      )
    }
  })
}

/**
 * Runs until the runs get no faster: the best of the last quarter of the time is no longer 2 %
 * better than the best before it. At least `seconds`, at most ten times that.
 */
async function warm(session: Session, pixels: Float32Array, seconds: number): Promise<number> {
  const start = performance.now()
  const runs: { at: number; time: number }[] = []
  for (;;) {
    const before = performance.now()
    await session.run(pixels)
    const at = performance.now() - start
    runs.push({ at, time: performance.now() - before })
    // Compilers in the background and messages have their turn.
    await new Promise((resolve) => setImmediate(resolve))
    if (at < seconds * 1000 || runs.length < 8) continue
    const best = (late: boolean) =>
      Math.min(...runs.filter((run) => run.at > 0.75 * at === late).map((run) => run.time))
    if (best(true) > 0.98 * best(false) || at > seconds * 10_000) return runs.length
  }
}

/** One run that is not counted, since caches belonged to another engine; then the counted ones. */
async function round(
  session: Session,
  images: readonly [Float32Array, Float32Array],
  runs: number,
): Promise<Reply> {
  await session.run(images[1])
  const wall: number[] = []
  const cpu: number[] = []
  for (let i = 0; i < runs; i++) {
    const usage = process.cpuUsage()
    const start = performance.now()
    await session.run(images[(i % 2) as 0 | 1])
    wall.push(performance.now() - start)
    const { user, system } = process.cpuUsage(usage)
    cpu.push((user + system) / 1000)
  }
  return { tell: 'round', wall, cpu }
}

/**
 * Linux's own high-water mark where there is one: what `resourceUsage` says there includes the
 * process that started this one.
 */
function peakBytes(): number {
  try {
    const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (kilobytes) return Number(kilobytes) * 1024
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024
}

function send(reply: Reply): void {
  process.send!(reply)
}
