import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Case } from '../../bench/cases/case.ts'
import { bounds, compare, type Host } from '../../bench/drive/compare.ts'
import { EngineError } from '../../bench/drive/errors.ts'
import type { Engine } from '../../bench/engine/protocol.ts'
import { parseEngine } from '../../bench/engine/spec.ts'
import type { Settings } from '../../bench/report/report.ts'

// What the driver makes of engines that misbehave, which real ones do not do on demand. That it
// drives real ones is tested in suite.test.ts.

const bench: Case = { level: 'op', name: 'x', product: [1, 1, 1], batch: 1, threads: 1 }

const settings: Settings = {
  rounds: 3,
  turnSeconds: 0.01,
  warmSeconds: 0.01,
  graph: 'full',
  baseline: 'wasm',
  bounds,
}

interface Script {
  readonly outputs?: number[]
  readonly turn?: (round: number) => Promise<number[]> | number[]
  readonly onKill?: () => void
}

/** An engine that does what it is told to. */
function scripted({ outputs = [1, 2], turn = () => [1, 1], onKill }: Script): Engine {
  let rounds = 0
  return {
    async loaded() {
      return { description: undefined, load: 1, first: 1, cold: 2, outputs }
    },
    async warm() {
      return { runs: 4, best: 1 }
    },
    async turn() {
      return { wall: await turn(rounds++), cpu: undefined }
    },
    async finish() {
      return { peakBytes: 1 }
    },
    kill() {
      onKill?.()
    },
  }
}

function hostOf(scripts: Record<string, Script | Error>, rates: () => number = () => 1): Host {
  return {
    async open(_, { peer }) {
      const script = scripts[peer]!
      if (script instanceof Error) throw script
      return scripted(script)
    },
    calibrate: async () => rates(),
    async clear() {},
  }
}

const run = (scripts: Record<string, Script | Error>, rates?: () => number, signal?: AbortSignal) =>
  compare(
    {
      bench,
      engines: Object.keys(scripts).map(parseEngine),
      settings,
      signal: signal ?? new AbortController().signal,
      onProgress() {},
    },
    hostOf(scripts, rates),
  )

test('who is missing, wrong or crashes is out with the reason, and the rest goes on', async () => {
  const killed: string[] = []
  const { engines } = await run({
    wasm: {},
    'ort-web': new EngineError('missing', 'not installed'),
    litert: { outputs: [1, 3], onKill: () => killed.push('litert') },
    'ort-node': {
      turn(round) {
        if (round === 1) throw new EngineError('failed', 'the process ended with SIGSEGV')
        return [1]
      },
      onKill: () => killed.push('ort-node'),
    },
    reference: {},
  })
  const status = engines.map(({ engine, failure }) => [engine.peer, failure?.status])
  assert.equal(status, [
    ['wasm', undefined],
    ['ort-web', 'missing'],
    ['litert', 'wrong'],
    ['ort-node', 'failed'],
    ['reference', undefined],
  ])
  assert.equal(killed, ['litert', 'ort-node'])
  assert.is(engines[0]!.wall.length, 3)
  assert.is(engines[4]!.wall.length, 3)
  assert.match(engines[2]!.failure!.reason, /computes something else/)
})

test('a round in which the machine was busy is run again, but not for ever', async () => {
  let looks = 0
  // Two engines: three looks a round. The first round is disturbed.
  const { noisyRounds, calibration, engines } = await run({ wasm: {}, reference: {} }, () =>
    looks++ === 1 ? 0.5 : 1,
  )
  assert.is(noisyRounds, 1)
  assert.is(calibration.length, 3)
  assert.is(engines[0]!.wall.length, 3)

  const always = await run({ wasm: {}, reference: {} }, () => 0.5)
  assert.is(always.noisyRounds, 1, 'half of the rounds, rounded down')
  assert.is(always.calibration.length, 3, 'the rest is counted, and the looks are kept')
})

test('a cold start leaves no process behind, also where a round is repeated', async () => {
  let [opened, killed, looks] = [0, 0, 0]
  const { open: _, ...host } = hostOf({ wasm: {} }, () => (looks++ === 3 ? 0.5 : 1))
  const { noisyRounds, engines } = await compare(
    {
      bench: { ...bench, level: 'cold' },
      engines: [parseEngine('wasm')],
      settings,
      signal: new AbortController().signal,
      onProgress() {},
    },
    {
      ...host,
      async open() {
        opened++
        let alive = true
        const onKill = () => {
          if (alive) killed++
          alive = false
        }
        return scripted({ onKill })
      },
    },
  )
  assert.is(noisyRounds, 1)
  assert.is(engines[0]!.wall.length, 3)
  assert.is(killed, opened)
})

test('stopping keeps what was measured', async () => {
  const controller = new AbortController()
  const { engines, calibration } = await run(
    {
      wasm: {},
      reference: {
        turn(round) {
          if (round === 1) {
            controller.abort()
            throw new EngineError('failed', 'the process ended with SIGKILL')
          }
          return [2]
        },
      },
    },
    undefined,
    controller.signal,
  )
  assert.is(calibration.length, 1)
  assert.equal(
    engines.map(({ wall }) => wall.length),
    [1, 1],
  )
  assert.is(engines[1]!.failure?.status, 'interrupted')
})

test('stopped before it began, nothing is measured and nothing thrown', async () => {
  const { engines } = await run({ wasm: {} }, undefined, AbortSignal.abort())
  assert.equal(
    engines.map(({ wall }) => wall.length),
    [0],
  )
})

test.run()
