import { deflateSync, gzipSync } from 'node:zlib'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { noMemory, residentMiB } from '../../../bench/serve/memory.ts'
import type { ServerProcess } from '../../../bench/serve/server-process.ts'
import { crc32 } from '../../../src/bytes/crc32.ts'
import { testUnless } from '../../obstacle.ts'
import { expectServed, inferPath, startTiny } from './tiny-server.ts'

/** How much a bomb would take if it went off. */
const MIB = process.env.VITRINE_TEST_ALL ? 1024 : 256
/** How many come at once. */
const AT_ONCE = 16
/** The most that the server may take meanwhile: its limit for all bodies, 256 MiB, and what is not collected yet. */
const MOST_MIB = 400

let server: ServerProcess

test.before(async () => {
  if (noMemory === undefined) server = await startTiny()
})

test.after(async () => {
  await server?.stop()
})

/** Sends a body several times at once while another client is served; the memory that it takes at most, in MiB. */
async function send(path: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string>) {
  const before = residentMiB(server.pid)
  const all = Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      const response = await fetch(server.url + path, { method: 'POST', body, headers })
      return { status: response.status, body: (await response.json()) as { error?: string } }
    }),
  )
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, residentMiB(server.pid))
  }, 5)
  try {
    await expectServed(server)
    return { answers: await all, growth: most - before }
  } finally {
    clearInterval(watch)
  }
}

const zeros = new Uint8Array(MIB * 2 ** 20)

for (const [encoding, bomb] of [
  ['gzip', () => gzipSync(zeros, { level: 1 })],
  ['deflate', () => deflateSync(zeros, { level: 1 })],
] as const) {
  testUnless(noMemory, `bombs in ${encoding} are refused before they go off`, async () => {
    const { answers, growth } = await send(inferPath, bomb(), { 'content-encoding': encoding })
    for (const { status, body } of answers) {
      assert.ok([413, 503].includes(status), `${status} ${body.error}`)
      assert.type(body.error, 'string')
    }
    assert.ok(answers.some(({ status }) => status === 413))
    assert.ok(growth < MOST_MIB, `${growth.toFixed(0)} MiB more`)
    console.log(`${AT_ONCE} bombs of ${MIB} MiB in ${encoding}: ${growth.toFixed(0)} MiB more`)
  })
}

testUnless(noMemory, 'pictures of more pixels than fit are refused by their header', async () => {
  const { answers, growth } = await send('/classify', png(60_000, 60_000), {})
  for (const { status } of answers) assert.is(status, 413)
  assert.ok(growth < MOST_MIB, `${growth.toFixed(0)} MiB more`)
})

testUnless(noMemory, 'a picture with more data than pixels does not go off either', async () => {
  const { answers, growth } = await send(
    '/classify',
    png(8, 8, deflateSync(zeros, { level: 1 })),
    {},
  )
  for (const { status } of answers) assert.ok(status < 500, `${status}`)
  assert.ok(growth < MOST_MIB, `${growth.toFixed(0)} MiB more`)
})

/** A PNG of grey pixels. */
function png(width: number, height: number, data: Uint8Array = deflateSync(new Uint8Array(9))) {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 8
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', data),
    pngChunk('IEND', new Uint8Array()),
  ])
}

function pngChunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return chunk
}

test.run()
