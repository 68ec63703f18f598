import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../src/checkpoint/open.ts'
import { FormatError } from '../../src/errors.ts'
import { rejects } from './collect.ts'

const text = (value: string) => new TextEncoder().encode(value)
const hex = (value: string) =>
  Uint8Array.from(value.match(/../g) ?? [], (pair) => parseInt(pair, 16))

const others: [bytes: Uint8Array, message: RegExp][] = [
  [new Uint8Array(0), /empty/],
  [text('<!DOCTYPE html><html><head>'), /web page/],
  [text('\n <HTML>'), /web page/],
  [text('<?xml version="1.0"?><Error><Code>NoSuchKey'), /web page/],
  [text('version https://git-lfs.github.com/spec/v1\noid sha256:'), /git-lfs/],
  [text('{"architectures": ["ViTForImageClassification"]}'), /JSON/],
  [text('{"a":1}{'), /JSON/],
  [hex('894844460d0a1a0a0000'), /HDF5/],
  [hex('80028a0a6cfc9c46f920'), /pickle/],
  [hex('934e554d50590100760000'), /npy/],
  [text('GGUF\x03\0\0\0'), /GGUF/],
  [hex('1c00000054464c33000000000000'), /TensorFlow Lite/],
  [hex('1f8b0800000000000003'), /gzip/],
  [hex('81a6706172616d7381a9'), /msgpack/],
  [hex('de0010a4737465700000'), /msgpack/],
  [hex('08081207707974'), /ONNX/],
  [hex('0102030405060708090a'), /none of the formats/],
]

test('what is no checkpoint is called by its name', async () => {
  for (const [bytes, message] of others) {
    const { message: said } = await rejects(openCheckpoint(bytes), FormatError, message)
    assert.match(said, /neither safetensors nor npz/)
  }
})

test('a short stream is recognised as well', async () => {
  async function* chunks() {
    yield text('GG')
    yield text('UF')
  }
  await rejects(openCheckpoint(chunks()), FormatError, /GGUF/)
})

test.run()
