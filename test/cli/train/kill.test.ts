import type { ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readJSONLines } from '../../../src/train/log/json-lines.ts'
import { random } from '../../random.ts'
import { result, run, start, temporaryFolder } from '../run.ts'
import { material } from './made.ts'

const folder = temporaryFolder()
const train = await material(folder)
const flags = '--total_steps 40 --warmup_steps 4 --batch 6 --augment crop --base_lr 0.1'.split(' ')
const often = ['--checkpoint_every', '3', '--eval_every', '5']

const workdir = (name: string) => join(folder, name)
const command = (name: string, threads: number) => [
  ...[...train, ...flags, ...often],
  ...['--workdir', workdir(name), '--threads', String(threads)],
]
const modelOf = (name: string) => readFileSync(join(workdir(name), 'model.safetensors'))

function logOf(name: string) {
  const path = join(workdir(name), 'train.jsonl')
  return existsSync(path) ? readJSONLines(readFileSync(path, 'utf8')) : []
}

/** What the log says, without what differs from run to run. */
const curve = (name: string) => logOf(name).map(({ imagesPerSecond: _, ...rest }) => rest)

for (const threads of [1, 2, 3]) {
  test(`a whole run gives the same bits: ${threads} threads`, async () => {
    const { code, stderr } = await run(command(`whole${threads}`, threads))
    assert.is(code, 0, stderr)
    assert.equal(modelOf(`whole${threads}`), modelOf('whole1'))
    assert.equal(curve(`whole${threads}`), curve('whole1'))
  })
}

/** Kills a process as soon as its log has an update, or lets it end before. */
async function killAt(child: ChildProcess, name: string, step: number): Promise<void> {
  const kill = () => {
    if (logOf(name).some((line) => Number(line.step) >= step)) child.kill('SIGKILL')
  }
  const watcher = watch(folder, { recursive: true }, kill)
  await result(child as never)
  watcher.close()
}

test('a run that is killed again and again ends with the same curve and the same bits', async () => {
  const next = random(18)
  let kills = 0
  for (let step = 1; !existsSync(join(workdir('killed'), 'model.safetensors')); ) {
    step += 1 + Math.floor(next() * 12)
    const child = start(command('killed', 1 + (kills % 3)))
    await killAt(child, 'killed', step)
    if (child.signalCode === 'SIGKILL') kills++
    else assert.is(child.exitCode, 0)
  }
  assert.ok(kills > 2, `${kills} kills`)
  assert.equal(modelOf('killed'), modelOf('whole1'))
  assert.equal(curve('killed'), curve('whole1'), 'each update is in the log once')
})

test('a few last states are kept, and one model', () => {
  const names = readdirSync(workdir('whole1')).filter((name) => name.endsWith('.safetensors'))
  assert.equal(names.sort(), [
    ...['36', '39', '40'].map((step) => `checkpoint_${step}.safetensors`),
    'model.safetensors',
  ])
})

test.run()
