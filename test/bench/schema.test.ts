import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Measured, Report } from '../../bench/report/report.ts'
import { plausibleReport } from './report.ts'

const schema = JSON.parse(
  readFileSync(new URL('../../bench/report/schema.json', import.meta.url), 'utf8'),
)
// Lengths of fixed arrays are said with `items: false`, as in the standard's own examples.
const validate = new Ajv2020({ strict: true, strictTuples: false, allErrors: true }).compile(schema)

function errors(report: unknown): string[] {
  validate(JSON.parse(JSON.stringify(report)))
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

test('the schema describes a report', () => {
  assert.equal(errors(plausibleReport()), [])
})

test('and what is no report does not pass', () => {
  const good = plausibleReport()
  const measured = good.cases[0]!.outcomes[0] as Measured
  const withFirst = (one: object): Report => ({
    ...good,
    cases: [{ ...good.cases[0]!, outcomes: [one as Measured] }],
  })
  assert.equal(errors(withFirst(measured)), [])
  assert.ok(errors({ ...good, version: 2 }).length > 0)
  assert.ok(errors({ ...good, more: 1 }).length > 0)
  assert.ok(errors(withFirst({ ...measured, wall: [] })).length > 0)
  assert.ok(errors(withFirst({ ...measured, unheard: 1 })).length > 0)
  assert.ok(errors(withFirst({ ...measured, status: 'missing' })).length > 0)
  assert.ok(errors(withFirst({ ...measured, dtype: 'f8' })).length > 0)
})

test.run()
