import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { fileForBrowser } from '../../../src/image/browser/files.ts'
import { readHeader } from '../../../src/image/formats/header.ts'
import { readOrientation } from '../../../src/image/formats/orientation.ts'
import { Turns } from '../../../src/image/turns.ts'
import { join } from '../make.ts'
import { flatJPEG } from '../make-large.ts'
import { damagedCases, goodCases } from './cases.ts'

async function fileFor(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  const given = await fileForBrowser(bytes, await readHeader(bytes))
  if (!given || !(await given.isIntact(new Turns()))) return undefined
  return new Uint8Array(await given.file.arrayBuffer())
}

const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

test('the table says whose decoder decodes a file, and the browser gets no metadata', async () => {
  for (const { name, bytes, byBrowser } of await goodCases()) {
    const file = await fileFor(bytes)
    assert.is(file !== undefined, byBrowser, name)
    if (!file) continue
    const [{ width, height, format }, before] = [await readHeader(file), await readHeader(bytes)]
    assert.equal(
      { width, height, format },
      { width: before.width, height: before.height, format: before.format },
      name,
    )
    assert.is(await readOrientation(file, format), 1, name)
    assert.not.match(latin1(file), /Exif|ns\.adobe|ICC_PROFILE|ANMF|VP8X|EXIF/, name)
  }
})

test('what tells the colours of a JPEG stays', async () => {
  const jfif = (await goodCases()).find(({ name }) => /profile/.test(name))!.bytes
  assert.match(latin1((await fileFor(jfif))!), /JFIF/)
  const flat = flatJPEG({ width: 16, height: 16, components: 3, scans: 'one' })
  const adobe = Uint8Array.of(0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, 0)
  const marked = join(flat.subarray(0, 2), adobe, flat.subarray(2))
  assert.equal(await fileFor(marked), marked)
})

test('damaged files are left to our decoder, which says what is wrong', async () => {
  for (const { name, bytes } of await damagedCases()) {
    const file = await fileFor(bytes).catch(({ code }) => code)
    assert.ok(file === undefined || file === 'FORMAT', name)
  }
})

test('a JPEG that would take too long is refused before the browser gets it', async () => {
  const size = { width: 4096, height: 4096, components: 3 }
  const bytes = flatJPEG({ ...size, scans: 'progressive', times: 40 })
  assert.is(await fileFor(bytes).catch(({ code }) => code), 'LIMIT')
})

test.run()
