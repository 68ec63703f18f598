/**
 * What serving costs, and what holds under load. Needs a build, and Linux. Figures of a busy machine mean little, but
 * ratios of interleaved rounds do, and so does the time that processors spend on a request.
 *
 *     node --import tsx bench/scripts/serve-load.ts throughput [--rounds 10] [--seconds 3] [--node PATH]
 *     node --import tsx bench/scripts/serve-load.ts overload [--seconds 60] [--factor 4] [--node PATH]
 *
 * `throughput` compares the server with the bare model, both pinned to as many cores as they have threads; the clients
 * have another core where there is one. `overload` sends several times what the server can answer, in open loop, first
 * for the whole time, then again with SIGTERM in the middle.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { closedLoop } from '../serve/closed-loop.ts'
import { residentMiB } from '../serve/memory.ts'
import { count, mostBefore, type Outcome, quantile } from '../serve/open-loop.ts'
import { processorMs } from '../serve/processor.ts'
import { built, type ServerProcess, startServer } from '../serve/server-process.ts'

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    seconds: { type: 'string' },
    factor: { type: 'string', default: '4' },
    queue: { type: 'string', default: '64' },
    node: { type: 'string', default: process.execPath },
  },
  allowPositionals: true,
})
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const picture = here('../../examples/chelsea.png')
const image = readFileSync(picture)
const probe = here('../serve/event-loop-delay.mjs')
const cores = availableParallelism()

const version = execFileSync(values.node, ['--version'], { encoding: 'utf8' }).trim()
console.log(
  `Node ${version}, ${cores} cores of ${cpus()[0]!.model}; the embedded ViT-Ti/16, chelsea.png`,
)
const [part] = positionals
if (part === 'throughput') await throughput(Number(values.seconds ?? 3))
else if (part === 'overload') await overload(Number(values.seconds ?? 60))
else throw new Error('The first argument is throughput or overload.')

async function throughput(seconds: number): Promise<void> {
  for (const threads of [1, 2].filter((n) => n <= cores)) {
    const pinned = ['taskset', '-c', threads === 1 ? '0' : `0-${threads - 1}`]
    const bare = await startBare(pinned, threads)
    const server = await serve(['--threads', String(threads)], pinned)
    execFileSync('taskset', ['-p', '-c', String(cores - 1), String(process.pid)])
    const atOnce = 4 * threads
    const rounds: { rate: number; processor: number }[] = []
    try {
      await closedLoop(`${server.url}/classify`, image, atOnce, 2)
      await eventLoopDelay(server)
      for (let round = 0; round < Number(values.rounds); round++) {
        const one = await bare.measure(seconds, atOnce)
        const before = processorMs(server.pid)
        const served = await closedLoop(`${server.url}/classify`, image, atOnce, seconds)
        const cpuMs = (processorMs(server.pid) - before) / served.answered
        const rate = served.answered / served.seconds
        rounds.push({ rate: rate / one.rate, processor: one.cpuMs / cpuMs })
      }
      const median = (list: number[]) => quantile(list, 0.5).toFixed(3)
      console.log(
        `${threads} threads: the server answers ${median(rounds.map(({ rate }) => rate))} of the bare model's images a second` +
          ` (rounds: ${rounds.map(({ rate }) => rate.toFixed(2)).join(' ')});`,
      )
      console.log(
        `  processor time, bare over served: ${median(rounds.map(({ processor }) => processor))};` +
          ` event loop's delay, ms: ${JSON.stringify(await eventLoopDelay(server))}`,
      )
    } finally {
      await server.stop()
      bare.stop()
    }
  }
}

async function startBare(pinned: readonly string[], threads: number) {
  const [command, ...args] = [...pinned, values.node, here('../serve/bare.mjs'), picture]
  const child = spawn(command!, [...args, String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  await once(lines, 'line')
  return {
    async measure(seconds: number, atOnce: number): Promise<{ rate: number; cpuMs: number }> {
      child.stdin.write(`${seconds} ${atOnce}\n`)
      const [line] = (await once(lines, 'line')) as [string]
      return JSON.parse(line)
    },
    stop: () => child.stdin.end(),
  }
}

function serve(flags: readonly string[], wrapper: readonly string[] = []): Promise<ServerProcess> {
  return startServer(flags, { main: ['--import', probe, ...built], node: values.node, wrapper })
}

/** The delay of the server's event loop since the last call. */
async function eventLoopDelay(server: ServerProcess): Promise<Record<string, number>> {
  const before = server.output().length
  server.signal('SIGUSR2')
  for (;;) {
    const found = /^eventLoopDelay (.*)$/m.exec(server.output().slice(before))
    if (found) return JSON.parse(found[1]!)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function overload(seconds: number): Promise<void> {
  const flags = ['--threads', '1', '--queue', values.queue]
  const server = await serve(flags)
  let rate: number
  try {
    const { answered, seconds: took } = await closedLoop(`${server.url}/classify`, image, 4, 5)
    const capacity = answered / took
    rate = Number(values.factor) * capacity
    console.log(
      `${capacity.toFixed(1)} images a second on 1 thread; ${rate.toFixed(1)} requests a second come`,
    )
    await eventLoopDelay(server)
    const memory: number[] = []
    const watch = setInterval(() => memory.push(residentMiB(server.pid)), 250)
    const outcomes = await generate({ url: `${server.url}/classify`, rate, seconds })
    clearInterval(watch)
    describe(outcomes, Number(values.queue), capacity)
    const third = Math.floor(memory.length / 3)
    const part = (from: number, to?: number) => Math.max(...memory.slice(from, to)).toFixed(0)
    console.log(
      `memory, MiB, the most in each third: ${part(0, third)}, ${part(third, 2 * third)}, ${part(2 * third)};` +
        ` event loop's delay, ms: ${JSON.stringify(await eventLoopDelay(server))}`,
    )
  } finally {
    await server.stop()
  }
  await terminated(flags, rate, Math.min(seconds, 20))
}

async function terminated(flags: readonly string[], rate: number, seconds: number): Promise<void> {
  for (const keepAlive of [false, true]) {
    const server = await serve([...flags, '--log'])
    try {
      await closedLoop(`${server.url}/classify`, image, 4, 3)
      const warm = logged(server).length
      const url = `${server.url}/classify`
      const outcomes = await generate({ url, rate, seconds, keepAlive, kill: server.pid })
      const code = await server.ended
      const answered = outcomes.filter(({ status }) => status === 200).length
      console.log(
        `SIGTERM in the middle, ${keepAlive ? 'connections kept' : 'a connection for each request'}: ` +
          `${JSON.stringify(count(outcomes))}; the server logged ${logged(server).length - warm} answers, ` +
          `${answered} came; exit code ${code}`,
      )
    } finally {
      await server.stop()
    }
  }
}

/** The requests that the server says it answered with 200. */
function logged(server: ServerProcess): unknown[] {
  return server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter(({ status, route }) => status === 200 && route === '/classify')
}

/** Sends from a process of its own, so that what it measures is the server. */
async function generate(order: object): Promise<Outcome[]> {
  const argument = JSON.stringify({ ...order, file: picture })
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', here('../serve/generate.ts'), argument],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const parts: Buffer[] = []
  child.stdout.on('data', (part) => parts.push(part))
  await once(child, 'close')
  return JSON.parse(Buffer.concat(parts).toString())
}

function describe(outcomes: readonly Outcome[], queue: number, capacity: number): void {
  const latency = outcomes
    .filter(({ status }) => status === 200)
    .map(({ due, ended }) => ended - due)
  const refused = outcomes.filter(({ status }) => status === 503)
  const hasRetry = refused.filter(({ retryAfter }) => /^[1-9]\d*$/.test(retryAfter ?? ''))
  const seconds = (part: number) => quantile(latency, part).toFixed(2)
  console.log(
    `${JSON.stringify(count(outcomes))}; ${hasRetry.length} refusals of ${refused.length} have Retry-After;` +
      ` p99 of the sender's own delay, s: ${quantile(
        outcomes.map(({ due, sent }) => sent - due),
        0.99,
      ).toFixed(3)}`,
  )
  console.log(
    `accepted, s: median ${seconds(0.5)}, p99 ${seconds(0.99)}, most ${seconds(1)};` +
      ` a queue of ${queue} takes ${(queue / capacity).toFixed(2)};` +
      ` at most ${mostBefore(outcomes)} were answered while one waited`,
  )
}
