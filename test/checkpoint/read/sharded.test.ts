import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { maxIndexBytes } from '../../../src/checkpoint/read/safetensors/shard-index.ts'
import {
  ArgumentError,
  FormatError,
  LimitError,
  SourceError,
  UnsupportedError,
} from '../../../src/errors.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import { timm } from '../../../src/families/vit/names/timm.ts'
import { run, temporaryFolder } from '../../cli/run.ts'
import { HubServer } from '../../hub/server.ts'
import { readAll, rejects } from '../collect.ts'
import { loadCheckpoint } from '../loading.ts'
import { asSafetensors, smallConfig, type TensorToMake, tensorsOf } from '../models.ts'

const { heads } = smallConfig
const tensors = tensorsOf(timm, smallConfig)
const indexName = 'model.safetensors.index.json'
const shardName = (i: number) => `model-0000${i + 1}-of-00003.safetensors`

/** The files of a model in three parts, and its index, whatever that says. */
async function filesOf(
  change: (map: Record<string, unknown>) => unknown = (map) => map,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  const parts: TensorToMake[][] = [[], [], []]
  for (const [i, tensor] of tensors.entries()) parts[i % 3]!.push(tensor)
  const map: Record<string, string> = {}
  for (const [i, part] of parts.entries()) {
    for (const { name } of part) map[name] = shardName(i)
    files.set(shardName(i), await asSafetensors(part, { format: 'pt' }))
  }
  const index = change(map)
  const text = typeof index === 'string' ? index : JSON.stringify({ weight_map: index })
  return files.set(indexName, new TextEncoder().encode(text))
}

const root = temporaryFolder()
let written = 0

function write(files: ReadonlyMap<string, Uint8Array>): string {
  const folder = join(root, String(written++))
  mkdirSync(folder)
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes)
  return join(folder, indexName)
}

test('all files of an index are one checkpoint', async () => {
  const whole = await openCheckpoint(await asSafetensors(tensors))
  const expected = await loadCheckpoint(whole, await planCheckpoint(whole, { heads }))
  const path = write(await filesOf())
  for (const input of [path, pathToFileURL(path), pathToFileURL(path).href]) {
    const progress: number[] = []
    const onProgress = ({ total }: { total: number }) => void progress.push(total)
    const file = await openCheckpoint(input, { onProgress })
    assert.is(file.format, 'safetensors')
    assert.match(file.name, /index\.json$/)
    assert.is(progress[0], 4 * tensors.reduce((sum, { values }) => sum + values.length, 0))
    assert.equal([...file.tensors.keys()].sort(), tensors.map(({ name }) => name).sort())
    for (const { name, values } of tensors) assert.equal(await readAll(file, name), values)
    assert.equal(await loadCheckpoint(file, await planCheckpoint(file, { heads })), expected)
    assert.throws(() => file.read('none'), /no tensor "none"/)
    await file.close()
  }
})

test('the files of an index on a server, with ranges and without', async () => {
  const server = await HubServer.start()
  try {
    for (const [name, bytes] of await filesOf()) server.put(`/m/${name}?key=1`, bytes)
    const url = `${server.url}/m/${indexName}?key=1`
    for (const withRanges of [true, false]) {
      server.misbehave = withRanges
        ? undefined
        : (_, response, bytes) => {
            if (bytes) response.writeHead(200).end(bytes)
            return bytes !== undefined
          }
      const file = await openCheckpoint(url)
      await loadCheckpoint(file, await planCheckpoint(file, { heads }))
      await file.close()
    }
    server.misbehave = undefined
    server.files.delete(`/m/${shardName(1)}?key=1`)
    const { message } = await rejects(
      openCheckpoint(url),
      SourceError,
      /00002-of-00003.*not beside/,
    )
    assert.not.match(message, /key=1$/)
  } finally {
    await server.stop()
  }
})

test('an index that is wrong is refused, with what is wrong', async () => {
  const first = tensors[0]!.name
  const change = (entries: Record<string, unknown>) => (map: Record<string, unknown>) => ({
    ...map,
    ...entries,
  })
  const cases: [(map: Record<string, unknown>) => unknown, typeof FormatError, RegExp][] = [
    [change({ other: shardName(0) }), FormatError, /it has not other/],
    [change({ [first]: shardName(1) }), FormatError, new RegExp(`has not ${first}`)],
    [({ [first]: _, ...rest }) => rest, FormatError, new RegExp(`has ${first}, not listed`)],
    [change({ other: 'none.safetensors' }), SourceError, /none\.safetensors.*not beside/],
    [change({ other: indexName }), FormatError, /index\.json/],
    [() => [], FormatError, /weight_map/],
    [() => '{}', FormatError, /such as a config/],
    [() => '{"weight_map": {"a": "b", "a": "b"}}', FormatError, /"a" twice/],
    [() => ({}), FormatError, /no tensors/],
    [() => '[', FormatError, /such as a config/],
    [() => `{"a": "${'x'.repeat(maxIndexBytes)}"}`, FormatError, /such as a config/],
    [() => ({ a: 'pytorch_model-00001-of-00002.bin' }), UnsupportedError, /PyTorch files/],
    [
      () => Object.fromEntries(Array.from({ length: 300 }, (_, i) => [i, `${i}.safetensors`])),
      LimitError,
      /300 files/,
    ],
    [
      () => Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [i, 'a.safetensors'])),
      LimitError,
      /20000 tensors/,
    ],
  ]
  for (const [index, kind, message] of cases) {
    await rejects(openCheckpoint(write(await filesOf(index))), kind, message)
  }
  const outside = ['../a', 'a/b', 'a\\b', '..', '.', '', 'C:a', '/etc/passwd', 'a\0', 7, null, {}]
  for (const shard of outside) {
    const path = write(await filesOf(change({ other: shard })))
    await rejects(openCheckpoint(path), FormatError, /no file of its own folder/)
  }
})

test('the limit is for all files together', async () => {
  const path = write(await filesOf())
  const bytes = 4 * tensors.reduce((sum, { values }) => sum + values.length, 0)
  const file = await openCheckpoint(path, { maxBytes: bytes })
  await file.close()
  await rejects(openCheckpoint(path, { maxBytes: bytes - 4 }), LimitError, /maxBytes/)
})

test('an index without its files, and a file without the others', async () => {
  const files = await filesOf()
  await rejects(openCheckpoint(files.get(indexName)!), ArgumentError, /path or URL/)
  const shard = join(write(files), '..', shardName(1))
  await rejects(
    openCheckpoint(shard),
    UnsupportedError,
    /one of 3 files.*model\.safetensors\.index/,
  )
  writeFileSync(join(shard, '..', 'x-00001-of-00001.safetensors'), await asSafetensors(tensors))
  const alone = await openCheckpoint(join(shard, '..', 'x-00001-of-00001.safetensors'))
  await alone.close()
})

test('convert makes one file of several', async () => {
  const path = write(await filesOf())
  const output = join(path, '..', 'one.safetensors')
  const { code, stderr } = await run(['convert', path, '-o', output, '--config', `heads=${heads}`])
  assert.is(code, 0, stderr)
  for (const name of (await filesOf()).keys()) rmSync(join(path, '..', name))
  const file = await openCheckpoint(output)
  for (const { name, values } of tensors) assert.equal(await readAll(file, name), values)
  await file.close()
})

test.run()
