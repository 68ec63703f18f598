import { request } from 'node:http'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { type ServerProcess, startServer } from '../../../bench/serve/server-process.ts'
import { temporaryFolder } from '../../cli/run.ts'
import { writeTiny } from '../../cli/tiny-model.ts'

const values = Array.from({ length: 32 * 32 * 3 }, (_, i) => (i % 13) / 13)

/** A right request for the tiny model, whose answer is JSON. */
export const rightBody = JSON.stringify({
  inputs: [{ name: 'prepared', shape: [1, 32, 32, 3], datatype: 'FP32', data: values }],
})

export const inferPath = '/v2/models/tiny/infer'

/** A server with a tiny model of random weights. */
export async function startTiny(flags: readonly string[] = []): Promise<ServerProcess> {
  const path = join(temporaryFolder(), 'tiny.safetensors')
  await writeTiny(path)
  return startServer(['--model', `tiny=${path}`, '--threads', '1', ...flags])
}

/** The server answers others: a client with a connection of its own gets 200. */
export async function expectServed(server: ServerProcess): Promise<void> {
  const { status, text } = await post(server.url + inferPath, rightBody)
  assert.is(status, 200, text)
  assert.is(JSON.parse(text).model_name, 'tiny')
}

/** Without `fetch`, which would use a connection again. */
function post(url: string, body: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      response.once('error', reject)
      response.once('end', () => resolve({ status: response.statusCode!, text }))
    })
    call.once('error', reject)
    call.end(body)
  })
}

/** How many images wait or run, as the server's metrics say. */
export async function pending(server: ServerProcess): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const values = [...text.matchAll(/^vitrine_pending_items(?:\{.*\})? (\S+)$/gm)]
  assert.ok(values.length > 0, text)
  return values.reduce((sum, [, value]) => sum + Number(value), 0)
}
