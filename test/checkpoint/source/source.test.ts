import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { CheckpointInput } from '../../../src/checkpoint/checkpoint.ts'
import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { forwardSource } from '../../../src/checkpoint/source/forward.ts'
import { ArgumentError, FormatError, LimitError, SourceError } from '../../../src/errors.ts'
import { random } from '../../random.ts'
import { readAll, rejects } from '../collect.ts'
import { npyF32, safetensorsOf, zipOf } from '../make.ts'

const next = random(1)
const a = Float32Array.from({ length: 300_000 }, next)
const b = Float32Array.from({ length: 500_000 }, next)
const npz = zipOf([
  { name: 'a.npy', data: npyF32([a.length], a) },
  { name: 'b.npy', data: npyF32([b.length], b), deflate: true },
])
const [aEnd, bEnd] = [a.byteLength, a.byteLength + b.byteLength]
const weights = new Float32Array([...a, ...b])
const safetensors = safetensorsOf(
  `{"a":{"dtype":"F32","shape":[${a.length}],"data_offsets":[0,${aEnd}]},"b":{"dtype":"F32","shape":[${b.length}],"data_offsets":[${aEnd},${bEnd}]}}`,
  new Uint8Array(weights.buffer),
)

const equal = (found: Float32Array, expected: Float32Array) =>
  assert.is(Buffer.compare(Buffer.from(found.buffer), Buffer.from(expected.buffer)), 0)

async function check(input: CheckpointInput): Promise<void> {
  const file = await openCheckpoint(input)
  equal(await readAll(file, 'a'), a)
  equal(await readAll(file, 'b'), b)
  await file.close()
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test('bytes, buffers, blobs, streams', async () => {
  for (const bytes of [npz, safetensors]) {
    const copy = Uint8Array.from(bytes)
    await check(bytes)
    // A view that begins at an odd address.
    const odd = new Uint8Array(bytes.length + 1)
    odd.set(bytes, 1)
    await check(odd.subarray(1))
    await check(copy.buffer)
    // Node's Buffers are Uint8Arrays whose slice() does not copy.
    const buffer = Buffer.concat([Buffer.alloc(1), bytes]).subarray(1)
    await check(buffer)
    await check(pieces(buffer, 10_007))
    await check(new Blob([copy]))
    await check(new Blob([copy]).stream())
    await check(pieces(bytes, 10_007))
    await check(pieces(bytes, bytes.length))
  }
})

test('paths and file URLs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine '))
  try {
    for (const bytes of [npz, safetensors]) {
      const path = join(folder, 'weights 100%.bin')
      await writeFile(path, bytes)
      await check(path)
      await check(pathToFileURL(path))
      await check(pathToFileURL(path).href)
    }
    await rejects(openCheckpoint(join(folder, 'missing')), SourceError, /missing/)
    await rejects(openCheckpoint(folder), SourceError, /regular/)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what is no input', async () => {
  for (const input of [undefined, null, 3, {}, ['x']]) {
    await rejects(openCheckpoint(input as unknown as string), ArgumentError)
  }
  await rejects(openCheckpoint(new URL('ftp://example.org/x')), SourceError, /ftp/)
  async function* strings() {
    yield 'abc' as unknown as Uint8Array
  }
  await rejects(openCheckpoint(strings()), ArgumentError, /Uint8Array/)
})

/** Runs a server for the time of a test. */
async function serving(listener: RequestListener, run: (url: string) => Promise<void>) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}/weights`)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

interface Ranges {
  sent: number
  requests: number
  etag?: (request: number) => string
  lie?: (start: number, end: number) => [start: number, end: number, total: number]
}

/** A server that knows ranges. */
function ranges(bytes: Uint8Array, log: Ranges): RequestListener {
  return (request, response) => {
    log.requests++
    const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    const start = Number(match?.[1])
    const end = Math.min(Number(match?.[2]) + 1, bytes.length)
    if (start >= bytes.length) return void response.writeHead(416).end()
    const [first, last, total] = log.lie?.(start, end) ?? [start, end, bytes.length]
    log.sent += end - start
    response.writeHead(206, {
      'content-range': `bytes ${first}-${last - 1}/${total}`,
      ...(log.etag && { etag: log.etag(log.requests) }),
    })
    response.end(bytes.subarray(start, end))
  }
}

test('a server with ranges is asked only for what is read', async () => {
  for (const bytes of [npz, safetensors]) {
    const log: Ranges = { sent: 0, requests: 0, etag: () => '"v1"' }
    await serving(ranges(bytes, log), async (url) => {
      await check(url)
      await check(new URL(url))
      const before = log.sent
      const file = await openCheckpoint(url)
      assert.equal(file.tensors.get('b')?.shape, [b.length])
      assert.ok(log.sent - before < bytes.length, 'the headers are not the whole file')
    })
  }
})

test('servers that lie, change their mind, or have nothing', async () => {
  const server = (lie: NonNullable<Ranges['lie']>) =>
    ranges(safetensors, { sent: 0, requests: 0, lie })
  const size = safetensors.length
  await serving(
    server((start, end) => [start, end, size + (start > 0 ? 1 : 0)]),
    (url) => rejects(check(url), SourceError, /changed/).then(() => {}),
  )
  const changing: Ranges = { sent: 0, requests: 0, etag: (request) => `"v${request}"` }
  await serving(ranges(safetensors, changing), (url) =>
    rejects(check(url), SourceError, /changed/).then(() => {}),
  )
  // A total that is not true: more is asked for than there is.
  await serving(
    server((start, end) => [start, end, 2 * size]),
    (url) => rejects(check(url), FormatError, /behind its last/).then(() => {}),
  )
  await serving(ranges(new Uint8Array(0), { sent: 0, requests: 0 }), (url) =>
    rejects(check(url), FormatError, /empty/).then(() => {}),
  )
  for (const status of [404, 403, 500]) {
    await serving(
      (_, response) => void response.writeHead(status).end('<html>no</html>'),
      (url) => rejects(check(url), SourceError, new RegExp(`HTTP ${status}`)).then(() => {}),
    )
  }
  await rejects(openCheckpoint('http://127.0.0.1:1/x'), SourceError, /fetch/)
})

test('a server without ranges is read forward', async () => {
  for (const bytes of [npz, safetensors]) {
    await serving(
      (_, response) => void response.writeHead(200, { 'content-length': bytes.length }).end(bytes),
      check,
    )
    await serving((_, response) => void response.writeHead(200).end(bytes), check)
  }
  await serving(
    (_, response) => {
      response.writeHead(200, { 'content-length': safetensors.length })
      response.write(safetensors.subarray(0, 1000), () => response.destroy())
    },
    (url) => rejects(check(url), SourceError).then(() => {}),
  )
})

test('truncated streams, and streams that fail', async () => {
  for (const bytes of [npz, safetensors]) {
    for (const length of [0, 1, 8, 9, 100, 1_500_000, bytes.length - 1]) {
      await rejects(check(pieces(bytes.subarray(0, length), 9_999)), FormatError)
    }
  }
  const longer = new Uint8Array(safetensors.length + 1)
  longer.set(safetensors)
  await rejects(check(pieces(longer, 5_000)), FormatError, /behind its last/)
  async function* failing() {
    yield safetensors.subarray(0, 5000)
    throw new Error('the cable was cut')
  }
  await rejects(check(failing()), SourceError, /cable/)
})

test('an endless stream is given up', async () => {
  async function* endless() {
    yield npz.subarray(0, 100)
    for (;;) yield new Uint8Array(1 << 24)
  }
  await rejects(openCheckpoint(endless(), { maxBytes: 1 << 25 }), LimitError, /longer/)
})

test('a stream can be read once, in order; what was read is dropped', async () => {
  const file = await openCheckpoint(pieces(safetensors, 1 << 16))
  equal(await readAll(file, 'a'), a)
  await rejects(readAll(file, 'a'), SourceError, /only once/)
  equal(await readAll(file, 'b'), b)

  let given = 0
  async function* counted() {
    for await (const piece of pieces(safetensors, 1 << 12)) {
      given += piece.length
      yield piece
    }
  }
  const source = forwardSource('counted', counted(), undefined, 1e9)
  await source.read(0, 100)
  assert.ok(given <= 1 << 12, 'nothing is read ahead')
  source.release(50, 5000)
  assert.is((await source.read(0, 60)).length, 60, 'released ahead of what is still wanted')
  source.release(0, 50)
  await rejects(source.read(4999, 1), SourceError)
  assert.equal(await source.read(5000, 20), safetensors.subarray(5000, 5020))
  assert.is(await source.measure(), safetensors.length)
})

test('a stream whose bytes have all come is read to its end; another one is cancelled', async () => {
  for (const wanted of [safetensors.length, 100]) {
    const ends: string[] = []
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const chunks = pieces(safetensors, 1 << 16)[Symbol.asyncIterator]()
    const watched: AsyncIterator<Uint8Array> = {
      async next() {
        const result = await chunks.next()
        if (result.done) ends.push('read')
        if (result.done) end()
        return result
      },
      async return() {
        ends.push('cancelled')
        end()
        return { done: true, value: undefined }
      },
    }
    const source = forwardSource('watched', watched, safetensors.length, 1e9)
    await source.read(0, wanted)
    await source.close()
    await ended
    assert.equal(ends, [wanted === 100 ? 'cancelled' : 'read'])
  }
})

test('abort: before, during opening, during reading, while nothing comes', async () => {
  const reason = new Error('enough')
  const aborted = async (run: (signal: AbortSignal, abort: () => void) => Promise<unknown>) => {
    const controller = new AbortController()
    try {
      await run(controller.signal, () => controller.abort(reason))
    } catch (error) {
      return assert.is(error, reason)
    }
    throw new Error('it went on')
  }
  for (const input of [npz, new Blob([Uint8Array.from(npz)]), 'http://127.0.0.1:1/']) {
    await aborted((signal, abort) => {
      abort()
      return openCheckpoint(input, { signal })
    })
  }
  await aborted(async (signal, abort) => {
    const file = await openCheckpoint(safetensors, { signal })
    for await (const _ of file.read('b', { signal })) abort()
  })
  async function* stalled() {
    yield safetensors.subarray(0, 200)
    await new Promise(() => {})
  }
  await aborted(async (signal, abort) => {
    const file = await openCheckpoint(stalled(), { signal })
    setTimeout(abort, 5)
    for await (const _ of file.read('a', { signal }));
  })
  await serving(
    (_, response) => void response.writeHead(200).write(safetensors.subarray(0, 300)),
    (url) =>
      aborted((signal, abort) => {
        setTimeout(abort, 100)
        return openCheckpoint(url, { signal }).then((file) => readAll(file, 'a'))
      }),
  )
})

test.run()
