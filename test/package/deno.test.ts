import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { packageTest } from './installed.ts'

const deno = process.env.VITRINE_DENO ?? 'deno'
const isHere = deno !== '' && spawnSync(deno, ['--version']).status === 0
if (!isHere) console.log(`skipping Deno without permissions: there is no ${deno || 'Deno'}`)
const denoTest: typeof packageTest = isHere ? packageTest : (name) => test.skip(name)

const photo = fileURLToPath(new URL('../../examples/chelsea.png', import.meta.url))

denoTest('Deno may read files and nothing else: no variable is asked for', ({ folder }) => {
  writeFileSync(
    join(folder, 'program.mjs'),
    `import { load } from 'vitrine'
const vit = await load()
const [{ label }] = await vit.classify(${JSON.stringify(photo)})
console.log(label)
vit.dispose()
`,
  )
  // `--no-prompt` makes an error of what would stop and ask.
  const flags = ['run', '--no-prompt', '--node-modules-dir=manual', '--allow-read', 'program.mjs']
  const { stdout, stderr } = spawnSync(deno, flags, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', VITRINE_CACHE: join(folder, 'cache') },
  })
  assert.equal([stderr, stdout], ['', 'Egyptian cat\n'])
})

test.run()
