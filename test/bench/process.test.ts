import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { EngineError } from '../../bench/drive/errors.ts'
import { Talker } from '../../bench/drive/process.ts'

/** Why a process with these flags says nothing. */
async function ending(flags: readonly string[]): Promise<EngineError> {
  const talker = new Talker<object, object>(process.execPath, flags, 'engine', {}, 60_000)
  try {
    await talker.next()
  } catch (error) {
    assert.instance(error, EngineError)
    return error as EngineError
  } finally {
    talker.kill()
  }
  throw new Error('The process said something.')
}

test('a flag that this Node does not have is unsupported, and named', async () => {
  const { status, message } = await ending(['--no-such-flag-of-wasm'])
  assert.is(status, 'unsupported')
  assert.is(message, 'this Node has no --no-such-flag-of-wasm')
})

test('a process that ends otherwise has failed, with the line that says why', async () => {
  const { status, message } = await ending(['--eval', 'throw new Error("out of paper")', '--'])
  assert.is(status, 'failed')
  assert.match(message, /^the process ended with code 1: .*out of paper/)
})

test.run()
