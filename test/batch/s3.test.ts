import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { AwsV4Signer } from 'aws4fetch'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../cli/run.ts'
import { account, workshop } from './jobs.ts'

const { folder, weights } = await workshop()
const picture = readFileSync('examples/coffee.png')
const keys = [
  'in/a & b.png',
  'in/plus+ü.png',
  "in/it's (1)!*.png",
  'in/notes.txt',
  'in/deep/c.png',
  'in/gone.png',
]
const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }

/** A store with one page for every two keys, which computes each signature itself, and fails now and then. */
async function store() {
  const requests: string[] = []
  let failures = 0
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, `http://${request.headers.host}`)
    requests.push(url.pathname + (url.searchParams.get('list-type') ?? ''))
    const signature = url.searchParams.get('X-Amz-Signature')
    const unsigned = new URL(url)
    unsigned.searchParams.delete('X-Amz-Signature')
    const datetime = url.searchParams.get('X-Amz-Date') ?? ''
    for (const name of [...unsigned.searchParams.keys()]) {
      if (/^X-Amz-(Date|Credential|Algorithm|SignedHeaders)$/.test(name)) {
        unsigned.searchParams.delete(name)
      }
    }
    const signer = new AwsV4Signer({
      ...{ url: unsigned.href, ...credentials, datetime, region: 'eu-west-1' },
      ...{ service: 's3', signQuery: true },
    })
    if (signature !== (await signer.signature())) return response.writeHead(403).end()
    if (url.searchParams.has('list-type')) {
      const first = Number(url.searchParams.get('continuation-token') ?? 0)
      assert.is(url.searchParams.get('prefix'), 'in/')
      const objects = keys
        .slice(first, first + 2)
        .map((key) => `<Contents><Key>${key.replace('&', '&amp;')}</Key></Contents>`)
      const more = first + 2 < keys.length
      return response.end(
        `<?xml version="1.0"?><ListBucketResult><Prefix>in/</Prefix><IsTruncated>${more}</IsTruncated>${objects.join('')}${more ? `<NextContinuationToken>${first + 2}</NextContinuationToken>` : ''}</ListBucketResult>`,
      )
    }
    if (failures++ === 0) return response.writeHead(503).end()
    const key = decodeURIComponent(url.pathname.replace('/bucket/', ''))
    if (key === 'in/gone.png' || !keys.includes(key)) return response.writeHead(404).end()
    response.end(picture)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, requests, close: () => server.close() }
}

test('the pictures of a bucket are listed in pages, signed, read, and tried again', async () => {
  const { url, requests, close } = await store()
  const env = {
    AWS_ENDPOINT_URL_S3: url,
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-west-1',
  }
  const job = join(folder, 'job')
  const batch = ['batch', 's3://bucket/in/', '--out', job, '--weights', weights]
  const { code, stderr } = await run(batch, { env })
  close()
  assert.is(code, 1, stderr)
  const pictures = keys.filter((key) => key.endsWith('.png')).map((key) => `s3://bucket/${key}`)
  const { failed } = await account(job, pictures)
  assert.equal(failed, ['s3://bucket/in/gone.png'])
  const text = readFileSync(join(job, 'failed.jsonl'), 'utf8')
  assert.match(text, /HTTP 404/)
  assert.not.match(text, /Signature|secret/)
  assert.is(requests.filter((path) => path === '/bucket/2').length, 3, 'pages')
  assert.ok(requests.includes('/bucket/in/it%27s%20%281%29%21%2A.png'))
  assert.is(requests.filter((path) => path === '/bucket/in/gone.png').length, 1, '404 is for good')
})

test('half of the keys, and a URL without a bucket, are refused', async () => {
  const out = ['--out', join(folder, 'no'), '--weights', weights]
  const half = await run(['batch', 's3://bucket/', ...out], { env: { AWS_ACCESS_KEY_ID: 'key' } })
  assert.is(half.code, 2)
  assert.match(half.stderr, /AWS_SECRET_ACCESS_KEY go together/)
  const none = await run(['batch', 's3://', ...out])
  assert.is(none.code, 2)
  assert.match(none.stderr, /names no bucket/)
})

test.run()
