import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { platform } from '../../../src/platform/node/platform.ts'
import { testUnless } from '../../obstacle.ts'

const folder = mkdtempSync(join(tmpdir(), 'vitrine-'))
test.after(() => rmSync(folder, { recursive: true }))

async function refused(path: string, message: RegExp): Promise<void> {
  try {
    await platform.openFile(path)
  } catch (error) {
    const { code, message: found } = error as { code: string; message: string }
    assert.is(code, 'SOURCE')
    return assert.match(found, message)
  }
  assert.unreachable(`${path} was opened`)
}

test('a folder and a path of nothing are refused at once', async () => {
  await refused(join(folder, 'nothing'), /no such file/)
  await refused(folder, /not a regular file/)
})

const noPipes = process.platform === 'win32' ? 'Windows has no named pipes' : undefined
testUnless(noPipes, 'a named pipe is refused at once', async () => {
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  await refused(pipe, /not a regular file/)
})

test('a file is read at any place, into the given buffer where it is large enough', async () => {
  const path = join(folder, 'ten')
  writeFileSync(path, Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
  const file = await platform.openFile(path)
  assert.is(file.size, 10)
  assert.equal([...(await file.read(3, 4))], [3, 4, 5, 6])
  const buffer = new Uint8Array(5)
  const read = await file.read(8, 2, buffer)
  assert.is(read.buffer, buffer.buffer)
  assert.equal([...read], [8, 9])
  assert.equal([...(await file.read(0, 6, buffer))], [0, 1, 2, 3, 4, 5])
  try {
    await file.read(8, 3)
    assert.unreachable()
  } catch (error) {
    assert.match((error as Error).message, /ended at byte 10, 1 too early/)
  }
  await file.close()
})

test.run()
