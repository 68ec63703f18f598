import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { Control } from '../../../../assembly/tape.ts'
import { Arenas } from '../../../../src/backends/wasm/memory/arenas.ts'
import { LinearMemory } from '../../../../src/backends/wasm/memory/linear-memory.ts'
import { random } from '../../../random.ts'

const MEBI = 2 ** 20

test('arenas do not overlap, and take the lowest address', () => {
  const arenas = new Arenas(new LinearMemory(65536), 1000 * 64)
  const next = random(1)
  const lent: { address: number; control: number; bytes: number }[] = []
  for (let i = 0; i < 2000; i++) {
    if (next() < 0.5 && lent.length > 0) {
      arenas.free(lent.splice(Math.floor(next() * lent.length), 1)[0]!)
      continue
    }
    const bytes = 1 + Math.floor(next() * 5000)
    lent.push({ ...arenas.allocate(bytes)!, bytes })
    const ranges = lent.flatMap(({ address, control, bytes }) => [
      [address, address + bytes],
      [control, control + Control.Words * 4],
    ])
    ranges.sort((a, b) => a[0]! - b[0]!)
    assert.ok(ranges[0]![0]! >= 64000)
    for (let j = 1; j < ranges.length; j++) assert.ok(ranges[j - 1]![1]! <= ranges[j]![0]!)
  }
  for (const one of lent) arenas.free(one)
  assert.is(arenas.allocate(100)!.address, arenas.first)
})

test('memory damaged by a failed run is not reused', () => {
  const arenas = new Arenas(new LinearMemory(65536), 65536)
  const [broken, written] = [arenas.allocate(100)!, arenas.allocate(200)!]
  arenas.free(broken, 'barrier')
  arenas.free(written, 'memory')
  const lent = Array.from({ length: 20 }, () => arenas.allocate(200)!)
  for (const { address, control } of lent) {
    assert.ok(control !== broken.control && control !== written.control)
    assert.ok(address + 200 <= written.address || address >= written.address + 200)
  }
  // An arena that is never freed leaves no memory to wait for.
  assert.throws(
    () => {
      for (const one of lent) arenas.free(one, 'memory')
      arenas.allocate(4096 * MEBI)
    },
    (error: { code: string }) => error.code === 'MEMORY',
  )
  assert.is(arenas.allocate(100)!.address, broken.address)
})

test('out of memory: temporary if other runs will free some, else an error', () => {
  const arenas = new Arenas(new LinearMemory(65536), 65536)
  const first = arenas.allocate(3000 * MEBI)!
  assert.is(arenas.allocate(3000 * MEBI), undefined)
  arenas.free(first)
  assert.is(arenas.allocate(3000 * MEBI)!.address, first.address)
  const fresh = new Arenas(new LinearMemory(65536), 65536)
  assert.throws(
    () => fresh.allocate(4096 * MEBI),
    (error: { code: string }) => error.code === 'MEMORY',
  )
})

test.run()
