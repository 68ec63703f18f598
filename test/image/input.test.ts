import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VitrineError } from '../../src/errors.ts'
import type { ImageInput } from '../../src/image/image.ts'
import { type InputOptions, toRGB } from '../../src/image/input.ts'
import { gradient, truecolorPNG, withAlpha } from './make.ts'

const image = gradient(12, 7)
const png = truecolorPNG(image)
const folder = mkdtempSync(join(tmpdir(), 'vitrine-input-'))
const path = join(folder, 'a picture.png')
writeFileSync(path, png)

/** A site with a picture, one that never says how long it is, and one that never answers. */
const server = createServer((request, response) => {
  const path = new URL(request.url!, 'http://localhost').pathname
  if (path === '/picture') response.end(png)
  else if (path === '/page') response.end('<!doctype html><title>Sign in</title>')
  else if (path === '/endless') {
    const timer = setInterval(() => response.write(new Uint8Array(4096)), 1)
    response.on('close', () => clearInterval(timer))
  } else if (path === '/cut') {
    response.writeHead(200, { 'content-length': png.length })
    response.write(png.subarray(0, 20), () => response.destroy())
  } else if (path !== '/silent') response.writeHead(404).end()
})
let site = ''
test.before(
  () =>
    new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        site = `http://127.0.0.1:${(server.address() as { port: number }).port}`
        resolve()
      })
    }),
)
test.after(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})

async function failure(input: unknown, options?: InputOptions): Promise<VitrineError> {
  const error = await toRGB(input as ImageInput, options).then(
    () => assert.unreachable('it did not fail'),
    (reason) => reason,
  )
  if (!(error instanceof VitrineError)) throw error
  return error
}

test('an image comes from a path, a URL, a blob or bytes', async () => {
  const buffer = png.buffer.slice(0, png.length) as ArrayBuffer
  const base64 = Buffer.from(png).toString('base64')
  const inputs: ImageInput[] = [
    path,
    pathToFileURL(path),
    pathToFileURL(path).href,
    `${site}/picture`,
    new URL(`${site}/picture`),
    `data:image/png;base64,${base64}`,
    new Blob([buffer]),
    buffer,
    png,
    Buffer.from(png),
  ]
  for (const input of inputs) assert.equal(await toRGB(input), image, String(input).slice(0, 60))
})

test('raw pixels lose their alpha, and belong to the result alone', async () => {
  assert.equal(await toRGB(image), image)
  assert.equal(await toRGB(withAlpha(image, 3)), image)
  const copy = await toRGB(image)
  copy.data[0] = 200
  assert.is.not(image.data[0], 200)
})

test('raw pixels that do not fit their size are refused', async () => {
  const { data } = image
  assert.match((await failure({ width: 12, height: 8, data })).message, /288 bytes .* 384/)
  assert.match((await failure({ width: 0, height: 7, data })).message, /0 x 7/)
  assert.match((await failure({ width: 1.5, height: 56, data })).message, /1.5 x 56/)
  const floats = await failure({ width: 12, height: 7, data: new Float32Array(252) })
  assert.match(floats.message, /Uint8Array/)
  assert.is((await failure(image, { maxPixels: 83 })).code, 'LIMIT')
})

test('files that are not images are refused', async () => {
  for (const input of [undefined, null, 7, {}, [], true]) {
    assert.is((await failure(input)).code, 'ARGUMENT', String(input))
  }
  assert.match((await failure(new Map())).message, /object of type Map/)
})

test('too many bytes are refused, even without a declared length', async () => {
  const inputs = [path, `${site}/picture`, `${site}/endless`, new Blob([png as BlobPart])]
  for (const input of inputs) {
    const error = await failure(input, { maxBytes: 100 })
    assert.is(error.code, 'LIMIT', String(input))
    assert.match(error.message, /limit for an encoded image is 100/)
  }
})

test('unreadable inputs give a SourceError with the reason', async () => {
  assert.match((await failure(join(folder, 'none.png'))).message, /none\.png.*ENOENT/)
  assert.match((await failure(folder)).message, /not a regular file|EISDIR/)
  assert.match((await failure(`${site}/missing`)).message, /missing: HTTP 404/)
  assert.is((await failure(`${site}/cut`)).code, 'SOURCE')
  assert.match((await failure('http://127.0.0.1:1/')).message, /Can't fetch http:\/\/127.0.0.1:1/)
  assert.is((await failure('gopher://example.org/a.png')).code, 'SOURCE')
  assert.is((await failure('http://')).code, 'ARGUMENT')
})

test('a file goes before a URL, whatever it is called', async () => {
  const before = process.cwd()
  process.chdir(folder)
  try {
    for (const name of ['screenshot-12:30:01.png', 'scan-10:22.jpg', 'data:x', 'https:picture']) {
      writeFileSync(name, png)
      assert.equal(await toRGB(name), image, name)
    }
    assert.match((await failure('scan-10:23.jpg')).message, /Can't open scan-10:23\.jpg.*ENOENT/)
  } finally {
    process.chdir(before)
  }
})

test('contents that are passed as a name are not repeated', async () => {
  const base64 = Buffer.from(png).toString('base64')
  const texts: [string, RegExp][] = [
    [base64, /looks like base64.*data:image\/jpeg;base64,/],
    [`${'x. '.repeat(1e6)}${'\n'.repeat(2e6)}`, /5000000 characters.*neither a path nor a URL/],
    ['A'.repeat(100_000), /looks like base64/],
    [`https://example.org/${'a b'.repeat(1e6)}`, /neither a path nor a URL/],
  ]
  for (const [text, message] of texts) {
    const error = await failure(text)
    assert.is(error.code, 'ARGUMENT')
    assert.match(error.message, message)
    assert.ok(error.message.length < 400, error.message)
  }
})

test('secrets of a URL stay out of messages', async () => {
  const { host } = new URL(site)
  for (const path of ['missing', 'cut', 'page', 'picture']) {
    const url = `http://me:hunter2@${host}/${path}?sig=s3cret#t0ken`
    const error = await failure(url, path === 'picture' ? { maxBytes: 10 } : {})
    for (let cause: unknown = error; cause; cause = (cause as Error).cause) {
      assert.not.match(`${(cause as Error).message}`, /hunter2|s3cret|t0ken/)
    }
    if (path !== 'page') assert.match(error.message, `http://${host}/${path}`)
  }
  const data = `data:image/png;base64,${'A'.repeat(1000)}`
  assert.ok((await failure(data)).message.length < 300)
})

test('images are fetched through the proxy of the environment', async () => {
  const { HTTP_PROXY } = process.env
  process.env.HTTP_PROXY = site
  try {
    assert.equal(await toRGB('http://images.invalid/picture'), image)
  } finally {
    if (HTTP_PROXY === undefined) delete process.env.HTTP_PROXY
    else process.env.HTTP_PROXY = HTTP_PROXY
  }
})

test('an aborted call throws its reason', async () => {
  const reason = new Error('changed my mind')
  const controller = new AbortController()
  const slow = toRGB(`${site}/silent`, { signal: controller.signal }).catch((error) => error)
  controller.abort(reason)
  assert.is(await slow, reason)
  const late = toRGB(path, { signal: controller.signal }).catch((error) => error)
  assert.is(await late, reason)
})

test.run()
