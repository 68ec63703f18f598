import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { model } from '../../../src/embedded/model.ts'
import { run } from '../run.ts'

const name = 'vit-ti16-imagenet2012-224.safetensors'

test('copy-model puts the embedded model into a folder, which it makes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-copy-'))
  try {
    const target = join(folder, 'public', 'models')
    const { code, stdout, stderr } = await run(['copy-model', target])
    assert.equal([code, stderr], [0, ''])
    assert.is(stdout, `${join(target, name)} (6227992 bytes)\n`)
    assert.ok(readFileSync(join(target, name)).equals(readFileSync(model)))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a file in the place of the folder is an error, and stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-copy-'))
  try {
    const file = join(folder, 'public')
    writeFileSync(file, 'mine')
    const { code, stdout, stderr } = await run(['copy-model', file])
    assert.equal([code, stdout], [1, ''])
    assert.match(stderr, /^vitrine: Can't make the folder .*public: EEXIST/)
    assert.not.match(stderr, /\n {4}at /)
    assert.is(readFileSync(file, 'utf8'), 'mine')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.run()
