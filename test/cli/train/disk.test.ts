import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Result, result, run, start, temporaryFolder } from '../run.ts'
import { material } from './made.ts'

const folder = temporaryFolder()
const train = await material(folder)
const flags = '--total_steps 6 --warmup_steps 1 --batch 6 --augment crop --threads 1'.split(' ')
const command = (name: string, ...more: string[]) => [
  ...[...train, ...flags, '--workdir', join(folder, name), ...more],
]

/** The same in a process whose files can't be larger than so many KiB, as on a disk that is full. */
function runOnFullDisk(args: readonly string[], kibibytes: number): Promise<Result> {
  const child = start(['--version'])
  child.kill()
  const [node, ...rest] = child.spawnargs.slice(0, -1)
  // Without a listener the signal would end the process, which a full disk does not.
  const listen = 'data:text/javascript,process.on("SIGXFSZ",()=>{})'
  const script = `ulimit -f ${kibibytes * 2}; exec "$0" --import '${listen}' "$@"`
  const cwd = new URL('../../../', import.meta.url)
  return result(spawn('sh', ['-c', script, node!, ...rest, ...args], { cwd }))
}

const posix = process.platform === 'win32' ? test.skip : test

posix('a disk that is full while a state is written: the state before stays', async () => {
  const whole = await run(command('whole', '--checkpoint_every', '2'))
  assert.is(whole.code, 0, whole.stderr)
  const begun = await run(command('full', '--checkpoint_every', '2', '--total_steps', '6'))
  assert.is(begun.code, 0, begun.stderr)
  // As if it had been killed after update 2.
  for (const name of readdirSync(join(folder, 'full'))) {
    if (/model|best|checkpoint_[46]/.test(name)) rmSync(join(folder, 'full', name))
  }
  const state = join(folder, 'full', 'checkpoint_2.safetensors')
  const before = readFileSync(state)
  const full = await runOnFullDisk(command('full', '--checkpoint_every', '2'), 64)
  assert.is(full.code, 1, full.stderr)
  assert.match(full.stderr, /Can't write .*checkpoint_4\.safetensors: E(FBIG|NOSPC).*\(SOURCE\)/)
  assert.match(full.stderr, /the same command goes on after update 2/)
  assert.equal(readFileSync(state), before)
  const left = readdirSync(join(folder, 'full')).filter((name) => /4|draft/.test(name))
  assert.equal(
    left.filter((name) => !name.startsWith('events')),
    [],
    'nothing half written',
  )
  const again = await run(command('full', '--checkpoint_every', '2'))
  assert.is(again.code, 0, again.stderr)
  const model = (name: string) => readFileSync(join(folder, name, 'model.safetensors'))
  assert.equal(model('full'), model('whole'))
})

test('a folder that vanishes is an error that names it', async () => {
  const child = start(command('gone', '--checkpoint_every', '1', '--total_steps', '5000'))
  child.stderr.on('data', () => {})
  const ended = result(child)
  // The training can only fail once the folder is gone.
  const watch = setInterval(() => {
    // At once, while files are written into it.
    if (existsSync(join(folder, 'gone', 'checkpoint_2.safetensors'))) {
      renameSync(join(folder, 'gone'), join(folder, 'elsewhere'))
    }
  }, 20)
  const { code, stderr } = await ended
  clearInterval(watch)
  assert.is(code, 1)
  assert.match(stderr, /gone.*\(SOURCE\)/)
})

test.run()
