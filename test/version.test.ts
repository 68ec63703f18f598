import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { version } from '../src/version.ts'

test('the version in files that were trained is the package’s', () => {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  assert.is(version, (JSON.parse(text) as { version: string }).version)
})

test.run()
