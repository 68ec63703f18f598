import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const folder = new URL('../../src/cli/', import.meta.url)

test('only output.ts writes to the standard streams', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const sources = files.filter((name) => name.endsWith('.ts'))
  assert.ok(sources.includes('output.ts') && sources.length > 40)
  for (const name of sources) {
    const text = readFileSync(new URL(name.replaceAll('\\', '/'), folder), 'utf8')
    const writes = /(process\.std(out|err)|stderr|stdout|stream)\.(write|end)\(|console\./.test(
      text,
    )
    assert.is(writes, name === 'output.ts', name)
  }
})

test.run()
