import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { shownFiles, withFiles } from '../../docs/site/include.ts'
import { pageSources } from '../../docs/site/stage.ts'

// Pages show programs that are tested elsewhere; what they show must be what is tested.
const root = new URL('../../', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, root), 'utf8')

const page = `# Page

<!-- file: a.ts -->
\`\`\`ts
old()
\`\`\`

\`\`\`ts
other()
\`\`\`
`

test('a file is found in a page and written into it', () => {
  assert.equal(shownFiles(page), [{ file: 'a.ts', text: 'old()\n' }])
  const written = withFiles(page, () => 'made()\n')
  assert.equal(shownFiles(written), [{ file: 'a.ts', text: 'made()\n' }])
  assert.is(written, page.replace('old()', 'made()'))
})

test('a file that would end its block is refused', () => {
  assert.throws(() => withFiles(page, () => '```\n'), /a\.ts has a line that would end the block/)
})

test('every page shows its files as they are; npm run docs:files writes them', () => {
  let count = 0
  for (const page of pageSources(fileURLToPath(root))) {
    for (const { file, text } of shownFiles(read(page))) {
      count++
      assert.ok(existsSync(new URL(file, root)), `${page}: there is no ${file}`)
      assert.is(text, `${read(file).trimEnd()}\n`, `${page}: ${file}`)
    }
  }
  assert.ok(count > 20)
})

test.run()
