import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { EngineError } from '../../bench/drive/errors.ts'
import { parseEngine } from '../../bench/engine/spec.ts'
import { installEngine } from '../../bench/install/install.ts'
import { locate, packagesOf } from '../../bench/install/packages.ts'
import { SourceError } from '../../src/errors.ts'
import { useCache } from '../cache.ts'

const cache = mkdtempSync(join(tmpdir(), 'vitrine-cache-'))
let restore = () => {}
test.before(() => {
  restore = useCache(cache)
})
test.after(() => {
  restore()
  rmSync(cache, { recursive: true, force: true })
})

const signal = new AbortController().signal

test('another version of an engine is another version of what is released with it', () => {
  const packages = (name: string) => packagesOf(parseEngine(name)).map((each) => each.join('@'))
  assert.equal(packages('ort-web@1.20.0'), ['onnxruntime-web@1.20.0'])
  assert.equal(packages('tfjs-wasm@4.21.0'), [
    '@tensorflow/tfjs-core@4.21.0',
    '@tensorflow/tfjs-backend-wasm@4.21.0',
  ])
})

test('a version that does not exist is a typed error, and leaves nothing behind', async () => {
  const engine = parseEngine('litert@0.0.0-none')
  try {
    await installEngine(engine, signal)
    assert.unreachable()
  } catch (error) {
    assert.instance(error, SourceError)
    assert.match((error as Error).message, /@litertjs\/core@0\.0\.0-none/)
  }
  assert.equal(readdirSync(join(cache, 'bench')), [])
  assert.throws(
    () => locate(engine),
    (error: Error) => error instanceof EngineError && error.status === 'missing',
  )
})

test('stopping an installation leaves nothing behind', async () => {
  const controller = new AbortController()
  const installing = installEngine(parseEngine('litert'), controller.signal)
  setTimeout(() => controller.abort(), 50)
  try {
    await installing
    assert.unreachable()
  } catch (error) {
    assert.is(error, controller.signal.reason)
  }
  const folder = join(cache, 'bench')
  assert.equal(existsSync(folder) ? readdirSync(folder) : [], [])
})

test.run()
