import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { LeaseFolder } from '../../src/batch/queue/leases/lease-folder.ts'
import { temporaryFolder } from '../cli/run.ts'
import { until } from '../until.ts'

const LONG = 600_000
/** Silence beyond this is seen by tests that wait for it. */
const SHORT = 200

/** Two workers that share a folder. */
function two(patience: number) {
  const folder = temporaryFolder()
  return {
    folder,
    one: new LeaseFolder(folder, patience),
    other: new LeaseFolder(folder, patience),
  }
}

/** Makes a lease that of another machine, whose process can't be asked for. */
function ofAnotherMachine(path: string, more: object = {}): void {
  const state = JSON.parse(readFileSync(path, 'utf8'))
  const owner = { ...state.owner, host: 'elsewhere' }
  writeFileSync(path, JSON.stringify({ ...state, owner, ...more }))
}

/** Asks for a lease until it is given. */
async function acquired(folder: LeaseFolder, name: string) {
  for (;;) {
    const held = await folder.acquire(name, (await folder.list()).get(name) ?? 0)
    if (held) return held
    await new Promise((resolve) => setTimeout(resolve, SHORT / 10))
  }
}

test('of two that ask, one has the lease', async () => {
  const { one, other } = two(LONG)
  const got = await Promise.all([one.acquire('a', 0), other.acquire('a', 0)])
  const held = got.filter((lease) => lease !== undefined)
  assert.is(held.length, 1)
  assert.is(await other.acquire('a', 1), undefined)
  await held[0]!.remove()
  assert.is((await one.list()).size, 0)
})

test('a lease that shows signs of life is not taken; one that is silent is, and that counts', async () => {
  const { folder, one, other } = two(SHORT)
  await (await one.acquire('a', 0))!.end('given back')
  for (let beat = 1; beat < 20; beat++) {
    ofAnotherMachine(join(folder, 'a.1'), { ended: undefined, beat })
    assert.is(await other.acquire('a', 1), undefined, `after beat ${beat}`)
  }
  const next = await acquired(other, 'a')
  assert.is(next.failures, 1)
  assert.is(next.reason, 'its worker died')
  await next.remove()
})

test('whoever holds a lease shows signs of life', async () => {
  const { folder, one } = two(SHORT)
  const held = (await one.acquire('a', 0))!
  const beat = () => {
    // It may be read while it is written.
    const text = readFileSync(join(folder, 'a.1'), 'utf8')
    return Number(/"beat":(\d+)/.exec(text)?.[1] ?? 0)
  }
  await until(() => beat() > 3, 'its beats are counted')
  await held.remove()
})

test('clocks of machines are not compared: the time of a file says nothing', async () => {
  for (const year of [1990, 2090]) {
    const { folder, one, other } = two(LONG)
    const held = (await one.acquire('a', 0))!
    utimesSync(join(folder, 'a.1'), new Date(year, 0), new Date(year, 0))
    assert.is(await other.acquire('a', 1), undefined, String(year))
    await held.remove()
  }
})

test('the owner of a lease that was taken learns of it', async () => {
  const { folder, one } = two(SHORT)
  const held = (await one.acquire('a', 0))!
  // Another process decided that it was silent.
  const text = readFileSync(join(folder, 'a.1'), 'utf8')
  writeFileSync(join(folder, 'a.2'), text)
  await until(() => held.lost.aborted, 'it learns of the second attempt')
  await held.remove()
  assert.equal(readdirSync(folder), ['a.2'], 'it leaves the lease of the other')
})

test('a lease that is given back is free at once, and nothing is held against it', async () => {
  const { one, other } = two(LONG)
  await (await one.acquire('a', 0))!.end('given back')
  const held = (await other.acquire('a', 1))!
  assert.is(held.failures, 0)
  await held.end('failed', 'no memory')
  const third = (await one.acquire('a', 2))!
  assert.is(third.failures, 1)
  assert.is(third.reason, 'no memory')
  await third.remove()
})

test('the lease of a process that is gone from this machine is free at once', async () => {
  const { folder, one } = two(LONG)
  const script = `
    const { LeaseFolder } = await import(${JSON.stringify(new URL('../../src/batch/queue/leases/lease-folder.ts', import.meta.url).href)})
    await new LeaseFolder(${JSON.stringify(folder)}, ${LONG}).acquire('a', 0)
    console.log('held')`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
  await once(child.stdout, 'data')
  assert.is(await one.acquire('a', 1), undefined)
  child.kill('SIGKILL')
  await once(child, 'exit')
  const held = (await one.acquire('a', 1))!
  assert.is(held.failures, 1)
  await held.remove()
})

test('a lease that was never written whole counts as one that died, after a silence', async () => {
  const { folder, one } = two(SHORT)
  writeFileSync(join(folder, 'a.3'), '')
  const held = await acquired(one, 'a')
  assert.is(held.failures, 3)
  await held.remove()
})

test.run()
