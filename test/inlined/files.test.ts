import { readdirSync, readFileSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ArgumentError } from '../../src/errors.ts'
import { provideWasm } from '../../src/inlined/provide.ts'
import { unpack } from '../../src/inlined/unpack.ts'
import { wasmFile, wasmModule } from '../../src/inlined/wasm-files.ts'
import { wasmTable } from '../../src/inlined/wasm-inline.ts'
import { type WasmName, wasmNames } from '../../src/inlined/wasm-names.ts'

const root = new URL('../../', import.meta.url)
const bytesOf = (path: string) => new Uint8Array(readFileSync(new URL(path, root)))
const isCodec = (name: WasmName) => ['jpeg', 'webp', 'png-encoder'].includes(name)

test('each WebAssembly file is what was built, byte for byte', async () => {
  assert.equal(Object.keys(wasmTable).sort(), [...wasmNames].sort())
  for (const name of wasmNames) {
    const path = `build/${isCodec(name) ? 'decoders' : 'kernels'}/${name}.wasm`
    const file = await wasmFile(name)
    assert.ok(file instanceof Uint8Array, name)
    assert.ok(Buffer.compare(file as Uint8Array, bytesOf(path)) === 0, name)
  }
})

test('so are the names of classes', async () => {
  const files = readdirSync(new URL('assets/', root)).filter((file) => /\.(txt|zlib)$/.test(file))
  assert.is(files.length, 6)
  for (const file of files) {
    const bytes = bytesOf(`assets/${file}`)
    const whole = file.endsWith('.zlib') ? new Uint8Array(inflateSync(bytes)) : bytes
    const { default: packed } = await import(`#inline/${file.replace(/\.\w+$/, '')}`)
    assert.ok(Buffer.compare(await unpack(packed), whole) === 0, file)
  }
})

test('a provided file goes before the package’s own, compiled or as bytes', async () => {
  const own = (await wasmFile('simd8')) as Uint8Array
  const module = await WebAssembly.compile(own as BufferSource)
  provideWasm({ simd8: module })
  assert.is(await wasmFile('simd8'), module)
  assert.is(await wasmModule('simd8'), module)
  const bytes = Uint8Array.from(own)
  provideWasm({ simd8: bytes.buffer })
  const isSame = async () => Buffer.compare((await wasmFile('simd8')) as Uint8Array, own) === 0
  assert.ok(await isSame())
  // What is left out stays.
  provideWasm({})
  assert.ok(await isSame())
})

test('what is no WebAssembly file is refused by name', () => {
  const refused = (files: object, said: RegExp) =>
    assert.throws(
      () => provideWasm(files),
      (error: Error) => error instanceof ArgumentError && said.test(error.message),
    )
  refused({ simd9: new Uint8Array() }, /simd9; did you mean .*simd8/)
  refused({ simd8: 'simd8.wasm' }, /simd8 must be a WebAssembly.Module/)
  refused([], /WebAssembly files must be an object/)
})

test.run()
