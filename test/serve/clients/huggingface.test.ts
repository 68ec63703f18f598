import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type ServerProcess, startServer } from '../../../bench/serve/server-process.ts'
import { temporaryFolder } from '../../cli/run.ts'
import { tinyLiT, tinyVocabulary, writeRandom } from '../../cli/tiny-model.ts'
import { testUnless } from '../../obstacle.ts'

/** The part of the client that is used; it is installed with the tools of test/runtimes. */
interface Client {
  imageClassification(
    args: { data: Blob; endpointUrl: string; model?: string; parameters?: object },
    options?: { signal?: AbortSignal; retry_on_error?: boolean },
  ): Promise<Score[]>
  zeroShotImageClassification(args: {
    inputs: { image: Blob }
    endpointUrl: string
    parameters: { candidate_labels: string[] }
  }): Promise<Score[]>
}

interface Score {
  readonly label: string
  readonly score: number
  readonly index: number
}

const picture = new Blob([readFileSync(new URL('../../../examples/chelsea.png', import.meta.url))])
const tools = '../../runtimes/tools/node_modules/@huggingface/inference/dist/esm/index.js'
const path = new URL(tools, import.meta.url).href
const client = await import(path).then(
  ({ InferenceClient }: { InferenceClient: new () => Client }) => new InferenceClient(),
  () => undefined,
)
const obstacle = client
  ? undefined
  : '@huggingface/inference is not installed: npm ci --prefix test/runtimes/tools'

let server: ServerProcess
let endpointUrl: string

test.before(async () => {
  if (obstacle !== undefined) return
  server = await startServer(['--threads', '1'])
  endpointUrl = `${server.url}/classify`
})

test.after(async () => {
  await server?.stop()
})

testUnless(obstacle, "Hugging Face's client gets the classes of an image", async () => {
  const classes = await client!.imageClassification({ data: picture, endpointUrl })
  assert.is(classes[0]!.label, 'Egyptian cat')
  assert.is(classes[0]!.index, 285)
  assert.ok(classes[0]!.score > classes[1]!.score)
})

testUnless(obstacle, 'it reads why a request is refused', async () => {
  const refused = await client!
    .imageClassification({ data: new Blob(['no image']), endpointUrl })
    .then(
      () => assert.unreachable('no image was classified'),
      (error: Error & { httpResponse?: { status: number; body: { error?: string } } }) => error,
    )
  assert.is(Math.floor(refused!.httpResponse!.status / 100), 4, `${refused}`)
  assert.type(refused!.httpResponse!.body.error, 'string')
})

testUnless(
  obstacle,
  'it gets the probabilities of labels, of a model of images and texts',
  async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'lit.safetensors')
    await writeRandom(path, tinyLiT)
    writeFileSync(join(folder, 'lit.txt'), tinyVocabulary)
    const lit = await startServer(['--model', `lit=${path}`, '--threads', '1'])
    try {
      const labels = ['a cat', 'a dog', 'cats']
      const scores = await client!.zeroShotImageClassification({
        inputs: { image: picture },
        endpointUrl: `${lit.url}/models/lit/classify`,
        parameters: { candidate_labels: labels },
      })
      assert.equal(scores.map(({ label }) => label).sort(), [...labels].sort())
      const sum = scores.reduce((all, { score }) => all + score, 0)
      assert.ok(Math.abs(sum - 1) < 1e-5, `${sum}`)
    } finally {
      await lit.stop()
    }
  },
)

test.run()
