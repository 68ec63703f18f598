import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { result, start, temporaryFolder } from './run.ts'
import { writeTiny } from './tiny-model.ts'

const folder = temporaryFolder()
const weights = join(folder, 'tiny.safetensors')
test.before(() => writeTiny(weights))

/** So many that the process is still busy when the test interrupts it. */
const many = Array.from({ length: 2000 }, () => 'examples/grace_hopper.jpg')

const busy = () => start(['classify', '--json', '--weights', weights, ...many])

test('SIGINT stops the work between two images, with exit code 130 and no message', async () => {
  const child = busy()
  const ended = result(child)
  await once(child.stdout, 'data')
  child.kill('SIGINT')
  const { code, stdout, stderr } = await ended
  assert.is(code, 130)
  assert.is(stderr, '')
  assert.ok(stdout.endsWith('}\n'), 'the last line is whole')
})

test('a reader that closes the pipe (| head) is no failure', async () => {
  const child = busy()
  const ended = result(child)
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const { code, stderr } = await ended
  assert.is(code, 0)
  assert.is(stderr, '')
})

test('SIGINT during convert leaves no file behind', async () => {
  const source = join(folder, 'large.safetensors')
  await writeTiny(source, 8192)
  const { url, stalled, close } = await stallingServer(readFileSync(source))
  const out = join(folder, 'out.safetensors')
  const child = start(['convert', url, '-o', out], { VITRINE_CACHE: join(folder, 'cache') })
  const ended = result(child)
  await Promise.race([stalled, ended])
  const written = () => readdirSync(folder).filter((name) => name.startsWith('out'))
  while (written().length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.match(written().join(), /^out\.safetensors\.[0-9a-f-]{36}\.vitrine-draft$/)
  child.kill('SIGINT')
  const { code, stderr } = await ended
  close()
  assert.is(stderr, '')
  assert.is(code, 130)
  assert.equal(written(), [])
})

/** A server that sends half of a file, then stalls. */
async function stallingServer(bytes: Buffer) {
  let stall = () => {}
  const stalled = new Promise<void>((resolve) => {
    stall = resolve
  })
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, bytes.length / 2), () => stall())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${port}/large.safetensors`, stalled, close }
}

test.run()
