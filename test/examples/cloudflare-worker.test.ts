import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { gradient, makeWebP, pngChunk, truecolorPNG } from '../image/make.ts'
import { start } from '../runtimes/harness/commands.ts'
import { type Project, targetTest } from '../runtimes/harness/project.ts'

// The Worker of examples/, as `wrangler dev` bundles it and runs it in workerd.
const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
const options = { program: join(examples, 'cloudflare-worker'), node: 22 }
const picture = (name: string) => Uint8Array.from(readFileSync(join(examples, name)))

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly predictions?: { readonly label: string; readonly probability: number }[]
  readonly error?: string
}

async function withWorker(
  project: Project,
  work: (
    post: (body: BodyInit | null, path?: string) => Promise<Answer>,
    url: URL,
  ) => Promise<void>,
): Promise<void> {
  await project.run('model')
  const args = [
    'node_modules/wrangler/bin/wrangler.js',
    'dev',
    '--port',
    '0',
    '--inspector-port',
    '0',
  ]
  const worker = start(project.node, args, { cwd: project.folder })
  try {
    const [, address] = await worker.prints(/Ready on (http:\S+)/)
    const url = new URL(address!)
    const post = async (body: BodyInit | null, path = '/', init: RequestInit = {}) => {
      const response = await fetch(new URL(path, url), { method: 'POST', body, ...init })
      const { status, headers } = response
      return { status, headers, ...(await response.json()) } as Answer
    }
    await work(post, url)
  } finally {
    await worker.stop()
  }
}

targetTest(
  'cloudflare-worker',
  'classifies JPEG, PNG and WebP, and says what is wrong with a request',
  (project) =>
    withWorker(project, async (post, url) => {
      const cat = await post(picture('chelsea.png'), '/?top=2')
      assert.is(cat.status, 200, cat.error)
      assert.is(cat.predictions!.length, 2)
      assert.is(cat.predictions![0]!.label, 'Egyptian cat')
      const jpeg = await post(picture('grace_hopper.jpg'))
      assert.equal([jpeg.status, jpeg.predictions![0]!.label], [200, 'military uniform'])
      const webp = await post(Uint8Array.from(await makeWebP(gradient(64, 64), { lossless: 1 })))
      assert.equal([webp.status, webp.predictions!.length], [200, 5])

      const small = truecolorPNG(gradient(8, 8))
      const huge = Uint8Array.from(small)
      const header = pngChunk('IHDR', Uint8Array.of(0, 0, 255, 0, 0, 0, 255, 0, 8, 2, 0, 0, 0))
      huge.set(header, 8)
      // The size in the header of a lossless WebP, 14 bits each, less one.
      const wide = Uint8Array.from(await makeWebP(gradient(8, 8), { lossless: 1 }))
      new DataView(wide.buffer).setUint32(21, 1999 | (1999 << 14), true)
      const refusals: [BodyInit | null, string, number, RegExp][] = [
        [null, '/', 400, /empty/],
        ['hello', '/', 400, /not an image/],
        [small.slice(0, 60), '/', 400, /truncated/],
        [Uint8Array.from(small), '/?top=0', 400, /whole number/],
        [huge, '/', 413, /65280 x 65280/],
        [wide, '/', 413, /Decoding this WebP file takes .* MiB/],
        [new Uint8Array(5 * 2 ** 20 + 1), '/', 413, /5242880 bytes/],
        [new FormData(), '/', 415, /not a form/],
      ]
      for (const [body, path, status, said] of refusals) {
        const found = await post(body, path)
        assert.is(found.status, status, `${said}: ${found.error}`)
        assert.match(found.error!, said)
      }
      // The model is no public file.
      const got = await fetch(new URL('/vit-ti16-imagenet2012-224.safetensors', url))
      assert.equal([got.status, got.headers.get('allow')], [405, 'POST'])
    }),
  options,
)

targetTest(
  'cloudflare-worker',
  'requests share a model, also when the client that made it load goes away',
  (project) =>
    withWorker(project, async (post, url) => {
      const pictures = [picture('chelsea.png'), picture('rocket.jpg')]
      for (let round = 0; round < 3; round++) {
        const leave = new AbortController()
        const { signal } = leave
        const left = [0, 1, 2].map((i) =>
          fetch(url, { method: 'POST', body: pictures[i % 2]!, signal }).catch(() => undefined),
        )
        const stay = Array.from({ length: 6 }, (_, i) => post(pictures[i % 2]!))
        leave.abort()
        await Promise.all(left)
        for (const { status, predictions, error } of await Promise.all(stay)) {
          assert.is(status, 200, error)
          assert.is(predictions!.length, 5)
        }
      }
    }),
  options,
)

test.run()
