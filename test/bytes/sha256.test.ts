import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Sha256 } from '../../src/bytes/sha256.ts'
import { random } from '../random.ts'

test('SHA-256 of any length, in any pieces, is that of OpenSSL', () => {
  const next = random(7)
  const bytes = Uint8Array.from({ length: 5000 }, () => next() * 256)
  const lengths = [0, 1, 3, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 5000]
  for (const length of lengths) {
    const hash = new Sha256()
    for (let at = 0; at < length; ) {
      const end = Math.min(length, at + 1 + Math.floor(next() * 200))
      hash.update(bytes.subarray(at, end))
      at = end
    }
    const expected = createHash('sha256').update(bytes.subarray(0, length)).digest('hex')
    assert.is(hash.digest(), expected, `${length} bytes`)
  }
})

test.run()
