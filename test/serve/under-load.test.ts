import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createServer, type RequestRecord, type ServerOptions } from '../../src/serve/index.ts'
import { until } from '../until.ts'
import { base64, gatedModel, get, jsonOf, post, rocket } from './harness.ts'

/** A server whose runs wait until the test lets them go. */
async function gated(options: ServerOptions = {}) {
  const { model, doors } = await gatedModel()
  const records: RequestRecord[] = []
  const onRequest = (record: RequestRecord) => void records.push(record)
  const server = createServer({ ti: model }, { warmUp: 0, onRequest, ...options })
  await server.ready()
  return { server, doors, records }
}

const classify = '/classify?top_k=1'

/** Lets all runs go, those that come later too. */
async function letGo(doors: { go(): void }[], all: Promise<unknown>): Promise<void> {
  let isOver = false
  const over = all.finally(() => {
    isOver = true
  })
  while (!isOver) {
    for (const door of doors.splice(0)) door.go()
    await new Promise((resolve) => setImmediate(resolve))
  }
  await over
}

test('a full queue refuses with 503 and says when to come again; everything before is answered', async () => {
  const { server, doors, records } = await gated({ queue: 4 })
  const four = Array.from({ length: 4 }, () => post(server, classify, rocket))
  await until(() => doors.length === 2, 'two run')
  const metrics = await (await get(server, '/metrics')).text()
  assert.match(metrics, /^vitrine_pending_items\{model="ti"\} 4$/m)
  const refused = await post(server, classify, rocket)
  assert.is(refused.status, 503)
  assert.match((await jsonOf(refused)).error, /queue is full: 4 of 4 places/)
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  await letGo(doors, Promise.all(four))
  for (const response of await Promise.all(four)) assert.is(response.status, 200)
  assert.equal(records.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 503])
  server.dispose()
})

test('a request of several images takes all places or none, and 429 is an option', async () => {
  const { server, doors } = await gated({ queue: 3, overloadStatus: 429 })
  const two = { inputs: [base64(rocket), base64(rocket)] }
  const first = post(server, '/classify', two)
  await until(() => doors.length === 2, 'both run')
  const refused = await post(server, '/classify', two)
  assert.is(refused.status, 429)
  assert.ok(refused.headers.get('retry-after'))
  const last = post(server, classify, rocket)
  await letGo(doors, Promise.all([first, last]))
  assert.is((await first).status, 200)
  assert.is((await last).status, 200)
  server.dispose()
})

test('a deadline passes in the queue and under way: 504, the run is stopped, the place is free', async () => {
  const { server, doors } = await gated({ queue: 3 })
  // Nothing has to be decoded, so that it runs at once.
  const pixels = new Uint8Array(4 * 224 * 224 * 3)
  const infer = (timeout?: number) => {
    const parameters = { binary_data_size: pixels.length }
    const tensor = { name: 'prepared', datatype: 'FP32', shape: [1, 224, 224, 3], parameters }
    const head = JSON.stringify({
      inputs: [tensor],
      ...(timeout && { parameters: { timeout } }),
    })
    const headers = { 'Inference-Header-Content-Length': String(head.length) }
    return post(server, '/v2/models/ti/infer', new Blob([head, pixels]), { headers })
  }
  const running = infer(2_000_000)
  await until(() => doors.length === 1, 'one runs')
  const other = infer()
  await until(() => doors.length === 2, 'two run')
  const waiting = await infer(20_000)
  assert.is(waiting.status, 504)
  assert.match((await jsonOf(waiting)).error, /within 20 ms/)
  assert.is(doors.length, 2)
  const late = await running
  assert.is(late.status, 504)
  assert.ok(doors[0]!.signal?.aborted)
  await letGo(doors, other)
  assert.is((await other).status, 200)
  const metrics = await (await get(server, '/metrics')).text()
  assert.match(metrics, /^vitrine_pending_items\{model="ti"\} 0$/m)
  assert.match(metrics, /^vitrine_refused_requests_total\{model="ti",reason="deadline"\} 2$/m)
  server.dispose()
})

test('the timeout of the server is a deadline, too', async () => {
  const { server, doors } = await gated({ timeout: 200 })
  const response = await post(server, classify, rocket)
  assert.is(response.status, 504)
  assert.ok(doors.every(({ signal }) => signal?.aborted))
  server.dispose()
})

test('a client that leaves frees its place, in the queue and under way', async () => {
  const { server, doors, records } = await gated({ queue: 3 })
  const clients = Array.from({ length: 3 }, () => new AbortController())
  const answers = clients.map(({ signal }) => post(server, classify, rocket, { signal }))
  await until(() => doors.length === 2, 'two run')
  assert.is((await post(server, classify, rocket)).status, 503)
  clients[2]!.abort()
  await answers[2]
  clients[0]!.abort()
  await answers[0]
  assert.ok(doors[0]!.signal?.aborted)
  assert.not.ok(doors[1]!.signal?.aborted)
  const others = [post(server, classify, rocket), post(server, classify, rocket)]
  await letGo(doors, Promise.all([answers[1], ...others]))
  for (const answer of [answers[1]!, ...others]) assert.is((await answer).status, 200)
  assert.is(records.filter(({ status }) => status === 499).length, 2)
  server.dispose()
})

test('a limit for each client is 429, and does not concern others or probes', async () => {
  const { server, doors, records } = await gated({ maxPerClient: 1 })
  const from = (clientAddress: string) =>
    server.fetch(new Request(`http://localhost${classify}`, { method: 'POST', body: rocket }), {
      clientAddress,
    })
  const first = from('10.0.0.1')
  await until(() => doors.length === 1, 'one runs')
  const refused = await from('10.0.0.1')
  assert.is(refused.status, 429)
  assert.match((await jsonOf(refused)).error, /1 requests under way/)
  const probe = new Request('http://localhost/v2/health/ready')
  assert.is((await server.fetch(probe, { clientAddress: '10.0.0.1' })).status, 200)
  const other = from('10.0.0.2')
  await letGo(doors, Promise.all([first, other]))
  assert.equal([(await first).status, (await other).status], [200, 200])
  const again = from('10.0.0.1')
  await letGo(doors, again)
  assert.is((await again).status, 200)
  assert.is(records.at(-1)!.client, '10.0.0.1')
  server.dispose()
})

test('draining: not ready at once, alive and answering, done when all are answered', async () => {
  const { server, doors } = await gated()
  const running = post(server, classify, rocket)
  await until(() => doors.length === 1, 'one runs')
  let isDrained = false
  const drained = server.drain().then(() => {
    isDrained = true
  })
  assert.is((await get(server, '/v2/health/ready')).status, 503)
  assert.is((await get(server, '/v2/health/live')).status, 200)
  assert.is((await get(server, '/v2/models/ti/ready')).status, 200)
  const late = post(server, classify, rocket)
  await until(() => doors.length === 2, 'a request that came later runs')
  assert.not.ok(isDrained)
  await letGo(doors, Promise.all([running, late]))
  assert.equal([(await running).status, (await late).status], [200, 200])
  await drained
  server.dispose()
  const gone = await post(server, classify, rocket)
  assert.is(gone.status, 503)
  assert.match((await jsonOf(gone)).error, /was unloaded/)
})

test('a function of the owner’s that throws changes no answer', async () => {
  const { model, doors } = await gatedModel()
  const said: unknown[] = []
  const { error } = console
  console.error = (...words) => void said.push(words.at(-1))
  const fault = new Error('the log is full')
  const onRequest = () => {
    throw fault
  }
  const server = createServer({ ti: model }, { warmUp: 0, onRequest })
  await server.ready()
  const answer = post(server, classify, rocket)
  await letGo(doors, answer)
  console.error = error
  assert.is((await answer).status, 200)
  assert.equal(said, [fault])
  server.dispose()
})

test('what the server fails at is told to its owner, and not to the client', async () => {
  const { model } = await gatedModel()
  const errors: unknown[] = []
  const fault = new TypeError('secret of the house')
  const steps = { ...(await model.steps()), compute: () => Promise.reject(fault) }
  const server = createServer(
    { ti: { ...model, steps: async () => steps } as unknown as typeof model },
    { warmUp: 0, onError: (error) => void errors.push(error) },
  )
  await server.ready()
  const response = await post(server, classify, rocket)
  assert.is(response.status, 500)
  assert.not.match(await response.text(), /secret/)
  assert.equal(errors, [fault])
  server.dispose()
})

test.run()
