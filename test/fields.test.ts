import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { readOptions } from '../src/check-fields.ts'
import { ArgumentError } from '../src/errors.ts'
import { atLeast, type Fields, flag, oneOf, record } from '../src/fields.ts'
import { show } from '../src/show.ts'

interface Inner {
  kind?: 'one' | 'two' | undefined
}
interface Options {
  size?: number | undefined
  inner?: Inner | undefined
}
const inner: Fields<Inner> = { kind: oneOf('one', 'two') }
const fields: Fields<Options> = { size: atLeast(0), inner: record(inner) }

// @ts-expect-error: a table without one of the options does not compile
const forgotten: Fields<Options> = { size: atLeast(0) }

const refused = (given: unknown, message: RegExp, table = fields) =>
  assert.throws(
    () => readOptions('call', table, given),
    (error: Error) => error instanceof ArgumentError && message.test(error.message),
  )

test('options come out as a copy, without those that are undefined', () => {
  const given = { size: Number.POSITIVE_INFINITY, inner: { kind: 'one' as const } }
  const read = readOptions('call', fields, given)
  assert.equal(read, given)
  assert.is.not(read.inner, given.inner)
  assert.equal(readOptions('call', fields, { size: undefined }), {})
  assert.not.ok('size' in readOptions('call', fields, { size: undefined }))
  assert.equal(readOptions('call', fields, undefined), {})
  assert.equal(readOptions('call', fields, Object.create({ size: 3 })), { size: 3 })
})

test('what does not exist, or is wrong, is named, with the nearest name', () => {
  refused({ sise: 1 }, /^There is no option sise; did you mean size\?$/)
  refused({ weight: 1 }, /^There is no option weight; those of call are size, inner\.$/)
  refused({ inner: { kidn: 1 } }, /^There is no option inner\.kidn; did you mean inner\.kind\?$/)
  refused(
    { inner: { kind: 'on' } },
    /^inner\.kind must be one of one, two, not "on"; did you mean "one"\?$/,
  )
  refused({ size: '1' }, /^size must be a number from 0, not "1"\.$/)
  refused({ inner: null }, /^inner must be an object, not null\.$/)
  refused({ inner: [] }, /^inner must be an object, not \[\]\.$/)
  refused(null, /^The options of call must be an object, not null\.$/)
  refused({ inner: {} }, /no option inner/, forgotten)
  refused({ ['x'.repeat(1e6)]: 1 }, /^There is no option x{60}…;/)
  // Names that every object has are no options.
  refused({ toString: 1 }, /no option toString/)
})

test('any value can be shown in a message', () => {
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const values: [unknown, string][] = [
    [undefined, 'undefined'],
    [null, 'null'],
    [1n, '1n'],
    [Symbol('x'), 'Symbol(x)'],
    [() => {}, 'a function'],
    ['a'.repeat(1000), `"${'a'.repeat(60)}…"`],
    [[1, 'a', {}], '[1, "a", …]'],
    [Array(2), '[undefined, undefined]'],
    [Array(1e6), 'an array of 1000000'],
    [cyclic, '[…]'],
    [{}, 'an object'],
    [Object.create(null), 'an object'],
    [new Map(), 'an object of type Map'],
    [{ constructor: { name: 'X' } }, 'an object'],
    [proxy, 'an object'],
    [flag, 'an object'],
  ]
  for (const [value, text] of values) assert.is(show(value), text)
})

test.run()
