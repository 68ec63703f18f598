import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const folder = new URL('../../src/cli/', import.meta.url)

test('the command line writes to its streams in one file only', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  assert.ok(files.includes('output.ts'))
  for (const name of files) {
    const text = readFileSync(new URL(name, folder), 'utf8')
    const writes = /(process\.std(out|err)|stderr|stdout|stream)\.(write|end)\(|console\./.test(
      text,
    )
    assert.is(writes, name === 'output.ts', name)
  }
})

test.run()
