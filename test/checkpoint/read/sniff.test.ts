import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { torchAdvice } from '../../../src/checkpoint/read/torch.ts'
import { FormatError } from '../../../src/errors.ts'
import { rejects } from '../collect.ts'
import { zipOf } from '../make.ts'

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
  [hex('80028a0a6cfc9c46f920'), /PyTorch file.*torch\.load\("model\.pth"/s],
  [hex('80049523000000000000'), /a Python pickle/],
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

const members = (...names: string[]) =>
  zipOf(
    names.map((name) => ({ name, data: new Uint8Array(9) })),
    { zip64: true },
  )

test("PyTorch's archives are recognised by their beginning", async () => {
  const kinds: [bytes: Uint8Array, message: RegExp][] = [
    [members('archive/data.pkl', 'archive/data/0', 'archive/version'), /torch\.load\(/],
    [members(`${'n'.repeat(240)}/data.pkl`, 'version'), /torch\.load\(/],
    [members('script/data/0', 'script/code/a.py', 'script/data.pkl'), /torch\.jit\.load\(/],
    [members('odd', 'archive/data.pkl'), /PyTorch file/],
  ]
  for (const [bytes, message] of kinds) {
    await rejects(openCheckpoint(bytes), FormatError, message)
    await rejects(openCheckpoint(new Blob([bytes as BlobPart])), FormatError, /a PyTorch file/)
  }
  await rejects(openCheckpoint(members('a/b.txt')), FormatError, /no \.npz/)
})

test('a PyTorch file is refused before the rest of it comes', async () => {
  let given = 0
  async function* chunks() {
    for (const byte of members('archive/data.pkl')) {
      given++
      yield Uint8Array.of(byte)
    }
    for (;;) {
      given++
      yield new Uint8Array(1000)
    }
  }
  await rejects(openCheckpoint(chunks()), FormatError, /a PyTorch file/)
  assert.ok(given < 400)
})

test('the line names the file as it is called', async () => {
  const names: [name: string, from: string, to: string][] = [
    ['weights/vit "b".pth', 'weights/vit \\"b\\".pth', 'weights/vit \\"b\\".safetensors'],
    ['C:\\models\\a.bin', 'C:\\\\models\\\\a.bin', 'C:\\\\models\\\\a.safetensors'],
    ['ckpt:1.pt', 'ckpt:1.pt', 'ckpt:1.safetensors'],
    ['https://host/x/model.pth?key=1', 'model.pth', 'model.safetensors'],
    ['hf:org/name@main:deep/pytorch_model.bin', 'pytorch_model.bin', 'pytorch_model.safetensors'],
    ['the given buffer', 'model.pth', 'model.safetensors'],
  ]
  for (const [name, from, to] of names) {
    const advice = torchAdvice(name, 'zip')
    assert.ok(advice.includes(`torch.load("${from}",`), advice)
    assert.ok(advice.includes(`, "${to}")\n`), advice)
  }
})

test.run()
