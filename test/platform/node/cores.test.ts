import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os, { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Cores, countCores } from '../../../src/platform/node/cores.ts'

/** What a machine with such files counts. */
async function counted(files: Record<string, string>): Promise<Cores> {
  const root = mkdtempSync(join(tmpdir(), 'vitrine-cores-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    return await countCores(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** Linux on processors of which the first may be used. */
function linux(allowed: string, siblings: readonly string[], capacities: readonly number[] = []) {
  const status = `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${allowed}\n`
  const files: Record<string, string> = { 'proc/self/status': status }
  const folder = (i: number) => `sys/devices/system/cpu/cpu${i}`
  for (const [i, list] of siblings.entries()) {
    files[`${folder(i)}/topology/thread_siblings_list`] = `${list}\n`
  }
  for (const [i, capacity] of capacities.entries()) {
    files[`${folder(i)}/cpu_capacity`] = `${capacity}\n`
  }
  return files
}

const hyperthreads = ['0,4', '1,5', '2,6', '3,7', '0,4', '1,5', '2,6', '3,7']
const single = ['0', '1', '2', '3', '4', '5', '6', '7']

test('cores are counted, not their threads, and only those this process may use', async () => {
  const four = { count: 4, reason: '4 cores, 8 logical processors' }
  assert.equal(await counted(linux('0-7', hyperthreads)), four)
  assert.is((await counted(linux('0-7', single))).count, 8)
  assert.is((await counted(linux('0-1,4-5', hyperthreads))).count, 2)
  assert.is((await counted(linux('0,4', hyperthreads))).count, 1)
  assert.is((await counted(linux('0-2', hyperthreads))).count, 3)
})

test('of two kinds of cores the fast ones count', async () => {
  const files = linux('0-7', single, [1024, 1024, 770, 770, 400, 400, 400, 400])
  assert.equal(await counted(files), { count: 4, reason: '4 fast cores, 8 logical processors' })
})

test('a container’s share of time is a limit', async () => {
  const files = linux('0-7', single)
  const version2 = (text: string) => counted({ ...files, 'sys/fs/cgroup/cpu.max': text })
  const version1 = (quota: string) =>
    counted({
      ...files,
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': quota,
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    })
  assert.is((await version2('max 100000\n')).count, 8)
  assert.is((await version1('-1\n')).count, 8)
  for (const found of [await version2('250000 100000\n'), await version1('250000\n')]) {
    assert.is(found.count, 2)
    assert.match(found.reason, 'container may use 2.5')
  }
  assert.is((await version2('50000 100000\n')).count, 1)
  assert.is((await version2('1600000 100000\n')).count, 8)
})

test('without such files it is half of the logical processors, but both of two', async () => {
  const logical = os.availableParallelism()
  const count = logical <= 2 ? logical : Math.ceil(logical / 2)
  assert.is((await counted({})).count, count)
  const { 'proc/self/status': status } = linux('0-1', [])
  assert.is((await counted({ 'proc/self/status': status! })).count, count)
})

test.run()
