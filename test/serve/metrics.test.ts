import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createServer, type RequestRecord } from '../../src/serve/index.ts'
import { Counter, Gauge, Histogram } from '../../src/serve/metrics/metrics.ts'
import { base64, get, model, post, rocket } from './harness.ts'

test('the text format: help, type, labels, buckets that add up', () => {
  const counter = new Counter('a_total', 'What happened.')
  counter.add({ reason: 'a "quoted" \\ text\n' })
  counter.add({ reason: 'other' }, 3)
  counter.add({ reason: 'other' })
  assert.is(
    counter.expose(),
    '# HELP a_total What happened.\n# TYPE a_total counter\na_total{reason="a \\"quoted\\" \\\\ text\\n"} 1\na_total{reason="other"} 4\n',
  )
  const gauge = new Gauge('b', 'Now.', () => [[{}, 0.5]])
  assert.is(gauge.expose(), '# HELP b Now.\n# TYPE b gauge\nb 0.5\n')
  const histogram = new Histogram('c_seconds', 'How long.', [0.1, 1])
  for (const value of [0.05, 0.1, 0.5, 7]) histogram.observe({ m: 'x' }, value)
  assert.is(
    histogram.expose(),
    [
      '# HELP c_seconds How long.',
      '# TYPE c_seconds histogram',
      'c_seconds_bucket{m="x",le="0.1"} 2',
      'c_seconds_bucket{m="x",le="1"} 3',
      'c_seconds_bucket{m="x",le="+Inf"} 4',
      'c_seconds_sum{m="x"} 7.65',
      'c_seconds_count{m="x"} 4',
      '',
    ].join('\n'),
  )
})

test('requests are counted by route, model and status, never by what a client writes', async () => {
  const records: RequestRecord[] = []
  const server = createServer(
    { ti: await model() },
    { warmUp: 0, onRequest: (record) => void records.push(record) },
  )
  await server.ready()
  await post(server, '/classify', rocket)
  await post(server, '/classify', { inputs: [base64(rocket), base64(rocket)] })
  await post(server, '/classify', 'no image')
  await post(server, '/models/secret-name/classify', rocket)
  await get(server, '/secret-path')
  await get(server, '/v2/models/ti')
  const text = await (await get(server, '/metrics')).text()
  const value = (line: string) => {
    const found = text.split('\n').find((one) => one.startsWith(`${line} `))
    return found === undefined ? undefined : Number(found.slice(line.length + 1))
  }
  const count = (labels: string) => value(`vitrine_request_duration_seconds_count{${labels}}`)
  assert.is(count('route="/classify",model="ti",status="200"'), 2)
  assert.is(count('route="/classify",model="ti",status="400"'), 1)
  assert.is(count('route="/models/{model}/classify",model="",status="404"'), 1)
  assert.is(count('route="none",model="",status="404"'), 1)
  assert.is(count('route="/v2/models/{model}",model="ti",status="200"'), 1)
  assert.is(value('vitrine_items_total{model="ti",kind="image"}'), 3)
  for (const step of ['queue', 'decode', 'compute']) {
    assert.is(value(`vitrine_${step}_seconds_count{model="ti"}`), 3, step)
  }
  assert.ok(value('vitrine_compute_seconds_sum{model="ti"}')! > 0)
  assert.is(value('vitrine_request_items_bucket{model="ti",le="1"}'), 1)
  assert.is(value('vitrine_request_items_count{model="ti"}'), 2)
  assert.is(value('vitrine_refused_requests_total{model="ti",reason="bad_request"}'), 1)
  assert.is(value('vitrine_ready'), 1)
  assert.is(value('vitrine_model_ready{model="ti"}'), 1)
  assert.not.match(text, /secret/)
  assert.not.match(JSON.stringify(records.map(({ route, model }) => [route, model])), /secret/)
  const [first] = records
  assert.equal([first!.method, first!.route, first!.status], ['POST', '/classify', 200])
  assert.equal([first!.model, first!.items, first!.bytes], ['ti', 1, rocket.length])
  assert.ok(first!.ms >= first!.queueMs!)
  assert.is(new Date(first!.time).toISOString(), first!.time)
  server.dispose()
})

test.run()
