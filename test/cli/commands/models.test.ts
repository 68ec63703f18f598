import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../run.ts'

test('models: the table, filtered rows, JSON', async () => {
  const all = await run(['models'])
  assert.is(all.code, 0, all.stderr)
  assert.match(all.stdout, /^name +classes +px +top-1 +size/)
  assert.match(all.stdout, /^B_16 +1,000 +384 +85\.49 % +347\.4 MB/m)
  assert.match(all.stdout, /^lit\/LiT-L16L +224 +75\.70 % +2\.6 GB$/m)
  for (const line of all.stdout.split('\n')) assert.ok(line.length <= 80, line)
  const some = await run(['models', 'b_16', 'augreg', '--json'])
  const rows = JSON.parse(some.stdout) as { name: string; runs: boolean }[]
  assert.equal(
    rows.map(({ name }) => name),
    ['B_16', 'B_16-i21k'],
  )
  assert.ok(rows.every(({ runs }) => runs))
  assert.match(
    (await run(['models', 'nothing-of-this-kind'])).stderr,
    /No published checkpoint matches "nothing-of-this-kind"/,
  )
})

test('models hf: repositories of relatives, with their licences', async () => {
  const { code, stdout } = await run(['models', 'hf'])
  assert.is(code, 0)
  assert.match(stdout, /^ *151 M +224 +mit +hf:openai\/clip-vit-base-patch32$/m)
  assert.match(stdout, /dinov3-license +hf:facebook\/dinov3-vits16/)
  const rows = JSON.parse((await run(['models', 'hf', 'beit', '--json'])).stdout)
  assert.equal(
    rows.map((row: { family: string; top1: number }) => [row.family, row.top1]),
    [
      ['beit', 85.2],
      ['beit', 86.5],
    ],
  )
})

test.run()
