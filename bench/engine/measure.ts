import { onlyInput } from '../../src/backends/inputs.ts'
import { caseProgram } from '../cases/case.ts'
import { randomValues } from '../cases/random.ts'
import { peerRow } from '../peers/registry.ts'
import type { Place, Session } from './peer.ts'
import type { Job, Reply, Request } from './protocol.ts'

/** What differs between a process and a page. */
export interface Meter {
  /** CPU time of all threads so far, in milliseconds, where it can be known. */
  cpu(): number | undefined
  peakBytes(): number | undefined
  /** Milliseconds since the process was started, where it can be known. */
  sinceStart(): number | undefined
  /** Gives compilers in the background and messages their turn. */
  yield(): Promise<void>
}

/** One engine with one case: loads it, then answers requests. The same code in Node and in pages. */
export async function measure(job: Job, place: Place, meter: Meter) {
  const { bench, engine } = job
  const { peer } = await peerRow(engine.peer).adapter()
  const program = caseProgram(bench, job.graph)
  const [rows, columns] = program.values[onlyInput(program).id]!.shape
  const inputs = ['1', '2'].map((seed) =>
    randomValues(bench.batch * rows * columns, `input ${seed}`),
  ) as [Float32Array, Float32Array]

  const start = performance.now()
  const { dtype, kernels, wide } = engine
  const session = await peer.load({ bench, program, dtype, kernels, wide }, place)
  const loadedAt = performance.now()
  const firstOutput = await session.run(inputs[0])
  const first = performance.now() - loadedAt
  const cold = meter.sinceStart()
  const outputs = [...sample(firstOutput), ...sample(await session.run(inputs[1]))]
  const { description } = session
  const loaded: Reply = {
    tell: 'loaded',
    description,
    load: loadedAt - start,
    first,
    cold,
    outputs,
  }

  // Known once it is warm.
  let repeats = 1
  return {
    loaded,
    async answer(request: Request): Promise<Reply> {
      switch (request.ask) {
        case 'warm': {
          const { runs, best } = await warm(session, inputs[0], request.seconds, meter)
          repeats = Math.max(1, Math.ceil(SHORTEST / best))
          return { tell: 'warm', runs, best: best * repeats }
        }
        case 'turn':
          return turn(session, inputs, request.runs, repeats, meter)
        case 'finish':
          await session.dispose()
          return { tell: 'finished', peakBytes: meter.peakBytes() }
      }
    },
  }
}

/** Fewest runs of a warm-up: compilers look at calls as well as at time. */
const LEAST_WARM_RUNS = 4

/**
 * Runs until the runs get no faster: the best of the last quarter of the time is no longer 2 %
 * better than the best before it. At least `seconds`, at most ten times that.
 */
async function warm(
  session: Session,
  input: Float32Array,
  seconds: number,
  meter: Meter,
): Promise<{ runs: number; best: number }> {
  const start = performance.now()
  const runs: { at: number; time: number }[] = []
  for (;;) {
    const before = performance.now()
    await session.run(input)
    const after = performance.now()
    const at = after - start
    runs.push({ at, time: after - before })
    await meter.yield()
    if (at < seconds * 1000 || runs.length < LEAST_WARM_RUNS) continue
    const best = (late: boolean) =>
      Math.min(...runs.filter((run) => run.at > 0.75 * at === late).map((run) => run.time))
    if (best(true) > 0.98 * best(false) || at > seconds * 10_000) {
      return { runs: runs.length, best: Math.min(best(true), best(false)) }
    }
  }
}

/** What takes less is measured several times in one go, in milliseconds: clocks of pages are coarse. */
const SHORTEST = 1

/**
 * One run that is not counted, since caches belonged to another engine; then the counted ones.
 * @param repeats how often the engine runs for one count
 */
async function turn(
  session: Session,
  inputs: readonly [Float32Array, Float32Array],
  runs: number,
  repeats: number,
  meter: Meter,
): Promise<Reply> {
  await session.run(inputs[1])
  const wall: number[] = []
  const cpuBefore = meter.cpu()
  for (let i = 0; i < runs; i++) {
    const before = performance.now()
    for (let j = 0; j < repeats; j++) consume(await session.run(inputs[((i + j) % 2) as 0 | 1]))
    wall.push((performance.now() - before) / repeats)
  }
  const cpuAfter = meter.cpu()
  const cpu =
    cpuBefore === undefined || cpuAfter === undefined
      ? undefined
      : (cpuAfter - cpuBefore) / (runs * repeats)
  return { tell: 'turn', wall, cpu }
}

/** More values than this are not needed to see whether two engines compute the same. */
const SAMPLE = 4096

/** Values spread over the whole output, all of it where it is short; a NaN anywhere is kept. */
function sample(values: Float32Array): number[] {
  const step = Math.ceil(values.length / SAMPLE)
  // Steps that no row's length is a multiple of visit all columns.
  const odd = step > 1 ? step | 1 : 1
  const chosen = Array.from({ length: Math.ceil(values.length / odd) }, (_, i) => values[i * odd]!)
  const broken = values.find((value) => !Number.isFinite(value))
  return broken === undefined ? chosen : [...chosen.slice(1), broken]
}

let consumed = 0

/** Looks at the end of a result, so that no engine can leave it uncomputed. */
function consume(output: Float32Array): void {
  consumed += output[output.length - 1]!
  if (Number.isNaN(consumed)) throw new Error('The engine gave a NaN during the measurement.')
}
