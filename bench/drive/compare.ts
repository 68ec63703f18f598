import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { agreement } from './agreement.ts'
import type { Job, Loaded } from './job.ts'
import { prepare, Runner } from './runner.ts'

export interface Settings {
  /** The Node binary that runs the engines. */
  node: string
  peers: readonly string[]
  rounds: number
  /** Counted runs of each engine in each round. */
  runs: number
  threads: number
  wide: boolean
  /** The graph that the peers are given; this project's own backends prune it by themselves. */
  graph: Job['graph']
  warmSeconds: number
  /** Largest relative RMS difference of the logits for an engine to be timed. */
  bound: number
  /** Milliseconds that any one answer may take. */
  timeout: number
}

/** What became of one engine. Times in milliseconds, by round. */
export type Outcome =
  | { peer: string; failed: string }
  | {
      peer: string
      version: string
      description: string | undefined
      /** Relative RMS difference of its logits from the engine that most agree with. */
      difference: number
      load: number
      first: number
      warmRuns: number
      wall: number[][]
      cpu: number[][]
      peakBytes: number
    }

export type Measured = Extract<Outcome, { version: string }>

type Running = { runner: Runner } & Loaded

/**
 * One model on all engines: writes its files, loads each engine alone, checks that they compute the
 * same, warms them up, and then lets them run in turn, A B C A B C, so that what slows the machine
 * for a while slows all.
 * @param workspace an existing folder for the files of the model, several times its size in all;
 *   what is written there is removed again
 */
export async function compare(
  model: string,
  workspace: string,
  settings: Settings,
  log: (line: string) => void,
): Promise<Outcome[]> {
  const directory = join(workspace, model)
  const loaded = new Map<string, Running>()
  const failed = new Map<string, string>()
  try {
    for (const peer of settings.peers) {
      log(`${model} ${peer}: load`)
      await attempt(peer, async () => {
        loaded.set(peer, await load(model, peer, join(directory, peer), settings))
      })
    }
    const agreed = agreement(
      new Map([...loaded].map(([peer, { logits }]) => [peer, logits])),
      settings.bound,
    )
    for (const [peer, { runner }] of loaded) {
      const difference = agreed?.difference.get(peer) ?? Number.POSITIVE_INFINITY
      if (difference <= settings.bound) continue
      runner.kill()
      loaded.delete(peer)
      failed.set(peer, `computes something else: relative RMS ${difference.toExponential(1)}`)
    }
    const results = new Map<string, Measured>()
    for (const [peer, { runner, version, description, load, first }] of loaded) {
      log(`${model} ${peer}: warm up`)
      await attempt(peer, async () => {
        const { runs } = await runner.ask({ ask: 'warm', seconds: settings.warmSeconds }, 'warm')
        const difference = agreed!.difference.get(peer)!
        const start = { peer, version, description, difference, load, first, warmRuns: runs }
        results.set(peer, { ...start, wall: [], cpu: [], peakBytes: 0 })
      })
    }
    for (let round = 0; round < settings.rounds; round++) {
      log(`${model}: round ${round + 1} of ${settings.rounds}`)
      for (const [peer, result] of results) {
        await attempt(peer, async () => {
          const request = { ask: 'round', runs: settings.runs } as const
          const { wall, cpu } = await loaded.get(peer)!.runner.ask(request, 'round')
          result.wall.push(wall)
          result.cpu.push(cpu)
        })
        if (failed.has(peer)) results.delete(peer)
      }
    }
    for (const [peer, result] of results) {
      await attempt(peer, async () => {
        const { peakBytes } = await loaded.get(peer)!.runner.ask({ ask: 'finish' }, 'finished')
        result.peakBytes = peakBytes
      })
    }
    return settings.peers.map((peer) => {
      const reason = failed.get(peer)
      return reason === undefined ? results.get(peer)! : { peer, failed: reason }
    })
  } finally {
    for (const { runner } of loaded.values()) runner.kill()
    await rm(directory, { recursive: true, force: true })
  }

  /** An engine that fails is out, and the reason is shown; the others go on. */
  async function attempt(peer: string, action: () => Promise<void>): Promise<void> {
    try {
      await action()
    } catch (error) {
      failed.set(peer, (error as Error).message)
      loaded.get(peer)?.runner.kill()
      log(`${model} ${peer}: ${(error as Error).message}`)
    }
  }
}

async function load(
  model: string,
  peer: string,
  directory: string,
  settings: Settings,
): Promise<Running> {
  const { node, graph, threads, wide, timeout } = settings
  const job: Job = { phase: 'prepare', peer, model, graph, directory, threads, wide }
  await mkdir(directory, { recursive: true })
  await prepare(node, job, timeout)
  const runner = new Runner(node, job, timeout)
  try {
    return { runner, ...(await runner.loaded()) }
  } catch (error) {
    runner.kill()
    throw error
  }
}
