import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesSource } from '../../../src/checkpoint/source/memory.ts'
import { isTar, listTar } from '../../../src/checkpoint/source/tar.ts'
import { FormatError, LimitError, UnsupportedError } from '../../../src/errors.ts'
import { gunzip } from '../../../src/train/data/gunzip.ts'
import { gzip, tarOf } from '../../train/data/made.ts'
import { rejects } from '../collect.ts'

async function list(bytes: Uint8Array) {
  const files: Record<string, string> = {}
  for await (const { path, offset, size } of listTar(bytesSource(bytes, 'a.tar'))) {
    files[path] = new TextDecoder().decode(bytes.subarray(offset, offset + size))
  }
  return files
}

const long = `${'folder/'.repeat(20)}${'n'.repeat(120)}.txt`

test('files are listed with their places, whatever the length of their paths', async () => {
  const files = { 'a.txt': 'one', 'b/c.txt': '', [long]: 'x'.repeat(600), 'ü.txt': 'umlaut' }
  const tar = await tarOf(files)
  assert.ok(isTar(tar))
  assert.equal(await list(tar), files)
})

/** A header as GNU tar and old tars write it. */
function header(name: string, size: number | Uint8Array, type: string): Uint8Array {
  const block = new Uint8Array(512)
  const put = (text: string, at: number) => block.set(new TextEncoder().encode(text), at)
  put(name, 0)
  if (typeof size === 'number') put(`${size.toString(8).padStart(11, '0')} `, 124)
  else block.set(size, 124)
  put('        ', 148)
  put(type, 156)
  const sum = block.reduce((all, byte) => all + byte, 0)
  put(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

const padded = (text: string) => {
  const block = new Uint8Array(Math.ceil(text.length / 512) * 512)
  block.set(new TextEncoder().encode(text))
  return block
}

const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))

test("GNU's long paths and large sizes, folders and links", async () => {
  const path = 'p'.repeat(300)
  const large = new Uint8Array(12)
  large[0] = 0x80
  large[11] = 2
  const tar = join(
    header('folder/', 0, '5'),
    header('././@LongLink', path.length + 1, 'L'),
    padded(`${path}\0`),
    header('short', 3, '0'),
    padded('abc'),
    header('link', 77, '1'),
    header('large', large, '0'),
    padded('ok'),
    new Uint8Array(1024),
  )
  assert.equal(await list(tar), { [path]: 'abc', large: 'ok' })
})

test('what is no tar archive, is cut off, damaged or sparse is refused', async () => {
  const tar = await tarOf({ 'a.txt': 'x'.repeat(2000), 'b.txt': 'y' })
  await rejects(list(new Uint8Array(2048).fill(1)), FormatError, /a\.tar is no tar archive/)
  await rejects(list(tar.subarray(0, 1024)), FormatError, /truncated: a\.txt ends at byte 2512/)
  const damaged = tar.slice()
  damaged[2560 + 3] = 0x7a
  await rejects(list(damaged), FormatError, /header at byte 2560 does not match its checksum/)
  await rejects(list(tar.subarray(0, 2560)), FormatError, /it has no end/)
  await rejects(list(join(header('s', 0, 'S'))), UnsupportedError, /sparse/)
})

test('a compressed archive is unpacked into memory', async () => {
  const tar = await tarOf({ 'a.txt': 'x'.repeat(300_000) })
  const source = await gunzip(bytesSource(gzip(tar), 'a.tar.gz'))
  assert.equal(await source.read(0, tar.length), tar)
})

test('damaged and huge compressed archives are refused before memory is taken', async () => {
  const packed = gzip(new Uint8Array(1000))
  const wrong = packed.slice()
  new DataView(wrong.buffer).setUint32(wrong.length - 4, 2000, true)
  await rejects(gunzip(bytesSource(wrong, 'a.gz')), FormatError, /a\.gz/)
  new DataView(wrong.buffer).setUint32(wrong.length - 4, 0xffffffff, true)
  await rejects(gunzip(bytesSource(wrong, 'a.gz')), LimitError, /unpacks to 4294967295 bytes/)
  new DataView(wrong.buffer).setUint32(wrong.length - 4, 2 ** 30, true)
  await rejects(gunzip(bytesSource(wrong, 'a.gz')), FormatError, /can't unpack to 1073741824/)
  await rejects(gunzip(bytesSource(packed.subarray(0, 10), 'a.gz')), FormatError, /10 bytes/)
})

test.run()
