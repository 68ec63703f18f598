import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

// The other tests run the sources; a bundle can fail by itself, such as by chunks that await each other.
const cli = fileURLToPath(new URL('../../build/node/cli.js', import.meta.url))
const weights = 'assets/vit-ti16-imagenet2012-224.safetensors'
const commands = [
  ['classify', 'examples/chelsea.png', '--json'],
  ['embed', 'examples/chelsea.png'],
  ['attention', 'examples/chelsea.png', '-o', '-'],
  ['inspect', weights],
  ['variants'],
  ['doctor'],
  ['--version'],
  ['help', 'convert'],
]

const add = existsSync(cli) ? test : test.skip
if (!existsSync(cli)) console.log('skipping the built command: there is no build/; npm run build')

for (const args of commands) {
  add(`the built command runs: ${args.join(' ')}`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
    })
    assert.is(stderr.toString(), '')
    assert.is(status, 0)
    assert.ok(stdout.length > 0)
  })
}

test.run()
