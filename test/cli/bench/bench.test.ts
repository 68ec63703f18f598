import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Measured, Report } from '../../../bench/report/report.ts'
import { result, run, start, temporaryFolder } from '../run.ts'
import { writeTiny } from '../tiny-model.ts'

const folder = temporaryFolder()
const weights = join(folder, 'tiny.safetensors')
const json = join(folder, 'report.json')
const quick = ['--turn', '0.01', '--warm', '0.01', '--rounds', '2']
test.before(() => writeTiny(weights))

const readReport = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Report

test('a checkpoint on two backends: a table, a report, and a page', async () => {
  const html = join(folder, 'report.html')
  const engines = ['--backends', 'wasm,reference,litert@0.0.1', '--no-flagged']
  const files = ['--json', json, '--html', html]
  const { code, stdout } = await run([
    'bench',
    '--weights',
    weights,
    ...engines,
    ...quick,
    ...files,
  ])
  assert.is(code, 0)
  assert.match(
    stdout,
    /^tiny\.safetensors .*\n.*engine.*\nwasm .*\nreference .*\nlitert@0\.0\.1 {2}missing/,
  )
  const { cases, interrupted, machine } = readReport(json)
  assert.is(interrupted, false)
  assert.ok(Math.max(...Object.values(machine.ceilings)) > 1)
  const [wasm, reference, litert] = cases[0]!.outcomes
  assert.is(litert!.status, 'missing')
  for (const one of [wasm, reference] as Measured[]) {
    assert.is(one.status, 'measured')
    assert.ok(one.difference < 1e-5)
    const { median, min, interval, gflops } = one.summary
    assert.ok(min <= median && interval[0] <= median && median <= interval[1])
    assert.ok(gflops > 0)
    assert.is(one.wall.length, 2)
  }
  assert.ok((reference as Measured).summary.ratio!.value > 1, 'float64 is slower')
  assert.match(readFileSync(html, 'utf8'), /<!doctype html>/i)
})

test('after Ctrl-C the report has what was measured', async () => {
  const kept = join(folder, 'kept.json')
  const levels = ['--level', 'model,block,op', '--models', 'Ti_16', '--backends', 'wasm']
  const child = start(['bench', ...levels, ...quick, '--json', kept])
  const ended = result(child)
  await once(child.stdout, 'data')
  child.kill('SIGINT')
  const { code, stderr } = await ended
  assert.is(code, 130)
  assert.not.match(stderr, /vitrine:/)
  const { cases, interrupted } = readReport(kept)
  assert.is(interrupted, true)
  assert.is(cases[0]!.outcomes[0]!.status, 'measured')
})

test('mistakes are reported before anything is measured', async () => {
  const usage: [string[], RegExp][] = [
    [['--backends', 'tensorrt'], /no engine "tensorrt"/],
    [['--backends', 'litert:int16'], /computes in/],
    [['--models', 'ViT-XXL'], /no variant/],
    [['--level', 'layer'], /model, cold, block and op/],
    [['--node', '/nowhere/node'], /no Node at/],
    [['--rounds', '0'], /whole number from 1/],
    [['--level', 'op', '--shapes', '/nowhere.txt'], /Can't read the shapes/],
  ]
  for (const [args, message] of usage) {
    const { code, stdout, stderr } = await run(['bench', ...args])
    assert.is(code, 2, `${args}: ${stderr}`)
    assert.is(stdout, '')
    assert.match(stderr, message)
  }
})

test('compare finds what became slower beyond the threshold and the confidence intervals', async () => {
  // What was measured, with intervals that do not depend on what else the machine did.
  const report = readReport(json)
  const write = (name: string, factor: number) => {
    const timed = (one: Measured, median = factor * one.summary.median): Measured => {
      const interval: [number, number] = [0.99 * median, 1.01 * median]
      return { ...one, summary: { ...one.summary, median, interval } }
    }
    const cases = report.cases.map((one) => ({
      ...one,
      outcomes: one.outcomes.map((outcome) =>
        outcome.engine === 'wasm' ? timed(outcome as Measured) : outcome,
      ),
    }))
    const path = join(folder, name)
    writeFileSync(path, JSON.stringify({ ...report, cases }))
    return path
  }
  const steady = write('steady.json', 1)
  const slow = write('slow.json', 3)

  const same = await run(['bench', 'compare', steady, steady])
  assert.is(same.code, 0)
  assert.match(same.stdout, /reference .* 1\.000 .* same/)
  const worse = await run(['bench', 'compare', steady, slow])
  assert.is(worse.code, 1)
  assert.match(worse.stdout, /wasm .* 3\.000 .* slower/)
  assert.match(worse.stderr, /1 of 2 became slower/)
  const better = await run(['bench', 'compare', slow, steady, '--json'])
  assert.is(better.code, 0)
  const verdicts = JSON.parse(better.stdout) as { engine: string; verdict: string }[]
  assert.is(verdicts.find(({ engine }) => engine === 'wasm')!.verdict, 'faster')
})

test('a file that is not a report is refused', async () => {
  const other = join(folder, 'other.json')
  for (const [text, message] of [
    ['{"cases"', /is not JSON/],
    ['[]', /is not a report/],
    ['{"format":"vitrine-bench","version":99,"cases":[]}', /version 99/],
  ] as const) {
    writeFileSync(other, text)
    const { code, stderr } = await run(['bench', 'compare', other, json])
    assert.is(code, 1)
    assert.match(stderr, message)
  }
})

test.run()
