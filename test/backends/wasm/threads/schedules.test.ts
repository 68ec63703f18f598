import { spawnSync } from 'node:child_process'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { vitProgram } from '../../../../src/families/vit/program.ts'
import { variantConfig } from '../../../../src/families/vit/variants.ts'
import type { WorkerHandle } from '../../../../src/platform/platform.ts'
import { withOutputs } from '../../../../src/program/passes/outputs.ts'
import { random } from '../../../random.ts'
import { runnable } from '../builds/runnable.ts'
import { gone, type Loaded, loadRandom, sleep, workers } from './workers.ts'

const SCHEDULES = process.env.VITRINE_TEST_ALL ? 1000 : 60

const build = runnable.at(-1)!
const programs = [
  { imageSize: [32, 32], depth: 1, classes: 3 },
  { imageSize: [96, 64], depth: 3, classes: 5 },
  { imageSize: [224, 224], depth: 2, classes: 7 },
].map((config) => {
  const full = vitProgram(variantConfig('Ti_16', config as object))
  return withOutputs(full, ['logits'])
})

const expected = new Map<number, Float32Array>()

/** What a program answers on one thread. */
async function answer(program: number): Promise<Float32Array> {
  let found = expected.get(program)
  if (!found) {
    const { model, executable, pixels } = await loadRandom(build, programs[program]!, {})
    found = (await executable.run({ pixels })).logits!
    expected.set(program, found)
    model.dispose()
  }
  return found
}

/** Events during a run, each with the outcomes it may have besides the correct result. */
const ends = { abort: 'AbortError', timeout: 'TimeoutError', dispose: 'DISPOSED', kill: 'WORKER' }

async function schedule(seed: number): Promise<void> {
  const next = random(seed)
  const below = (n: number) => Math.floor(next() * n)
  const lethal = next() < 0.2
  const killed: WorkerHandle[] = []
  const results: Promise<void>[] = []
  const models: { loaded: Loaded; program: number; allowed: Set<string> }[] = []
  const load = async () => {
    const program = below(programs.length)
    const options = { threads: 1 + below(4), blocking: next() < 0.2 }
    const loaded = await loadRandom(build, programs[program]!, options)
    models.push({ loaded, program, allowed: new Set(lethal ? [ends.kill] : []) })
  }
  const run = (signal?: AbortSignal, end?: string) => {
    const { loaded, program, allowed } = models[below(models.length)]!
    const { executable, pixels } = loaded
    const check = async () => {
      try {
        assert.equal((await executable.run({ pixels }, { signal })).logits, await answer(program))
      } catch (error) {
        const { code, name } = error as { code?: string; name: string }
        const found = typeof code === 'string' ? code : name
        if (found !== end && !allowed.has(found)) throw error
      }
    }
    const result = check()
    result.catch(() => {})
    results.push(result)
  }
  await load()
  for (let step = 0; step < 25; step++) {
    const kind = next()
    if (kind < 0.08 && models.length < 3) await load()
    else if (kind < 0.45) run()
    else if (kind < 0.6) {
      const controller = new AbortController()
      run(controller.signal, ends.abort)
      if (next() < 0.3) controller.abort()
      else setTimeout(() => controller.abort(), next() * 10)
    } else if (kind < 0.7) run(AbortSignal.timeout(1 + below(10)), ends.timeout)
    else if (kind < 0.74) {
      const { loaded, allowed } = models[below(models.length)]!
      allowed.add(ends.dispose)
      loaded.model.dispose()
    } else if (kind < 0.78 && lethal && workers.length > 0) {
      const victim = workers[below(workers.length)]!
      killed.push(victim)
      victim.terminate()
    } else await sleep(next() * 6)
  }
  await Promise.all(results)
  for (const { loaded } of models) loaded.model.dispose()
  await gone(killed)
}

const title = `${SCHEDULES} random schedules: every promise settles, with the right bits or a typed error`

async function allSchedules(): Promise<void> {
  for (const program of programs.keys()) await answer(program)
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`schedule ${seed} does not end`)), 60_000)
    })
    try {
      await Promise.race([schedule(seed), late])
    } catch (cause) {
      throw new Error(`schedule ${seed}: ${(cause as Error).stack}`, { cause })
    } finally {
      clearTimeout(timer)
    }
  }
}

// In a process of its own, whose threads and memories no other test has had.
if (process.env.VITRINE_TEST_ALONE) test(title, allSchedules)
else {
  test(title, () => {
    // This process's own program, which test/run.mjs has compiled.
    const args = [...process.execArgv, ...process.argv.slice(1)]
    const env = { ...process.env, VITRINE_TEST_ALONE: '1' }
    const { status, stdout } = spawnSync(process.execPath, args, { env })
    assert.is(status, 0, stdout.toString())
  })
}

test.run()
