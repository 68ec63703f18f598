import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { describeError, revive } from '../src/error-message.ts'
import * as errors from '../src/errors.ts'

const differences = { missing: ['a'], extra: ['b'], misshapen: ['c'] }

const samples: { readonly [Name in keyof typeof errors]?: () => errors.VitrineError } = {
  FormatError: () => new errors.FormatError('format'),
  UnsupportedError: () => new errors.UnsupportedError('unsupported'),
  LimitError: () => new errors.LimitError('limit'),
  ArgumentError: () => new errors.ArgumentError('argument'),
  SourceError: () => new errors.SourceError('source', { cause: new Error('not sent') }),
  CheckpointError: () => new errors.CheckpointError('checkpoint', differences),
  NumericError: () => new errors.NumericError('numeric', ['head.kernel']),
  MemoryError: () => new errors.MemoryError('memory'),
  WorkerError: () => new errors.WorkerError('worker'),
  GpuError: () => new errors.GpuError('gpu'),
  DisposedError: () => new errors.DisposedError('The model'),
}

for (const [name, Type] of Object.entries(errors)) {
  if (Type === errors.VitrineError || Type.prototype instanceof errors.VitrineError === false)
    continue
  test(`${name} is the same in another thread`, () => {
    const error = samples[name as keyof typeof samples]!()
    const found = revive(structuredClone(describeError(error)))
    assert.instance(found, Type as never)
    assert.equal({ ...found }, { ...error })
    assert.is(found.message, error.message)
    assert.match(found.stack!, 'error-message')
  })
}

test('an error says which image it is about', () => {
  const error = errors.aboutImage(new errors.FormatError('broken'), 3, 'cat.png')
  const found = revive(structuredClone(describeError(error)))
  assert.equal({ ...found }, { ...(error as Error) })
})

test('other errors, and other things that are thrown, become a WorkerError', () => {
  for (const thrown of [new TypeError('x is not a function'), 'x is not a function']) {
    const found = revive(structuredClone(describeError(thrown)))
    assert.instance(found, errors.WorkerError)
    assert.is(found.message, 'x is not a function')
  }
})

test.run()
