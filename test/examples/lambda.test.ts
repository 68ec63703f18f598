import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../runtimes/harness/commands.ts'
import { targetTest } from '../runtimes/harness/project.ts'
import { unprivileged, writesAnyway } from '../runtimes/harness/unprivileged.ts'

// The function of examples/, as esbuild bundles it, in a clean process: its folder can't be written to, and there is
// no HOME.
const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
const script = fileURLToPath(new URL('./lambda-invoke.mjs', import.meta.url))

const picture = (name: string) => readFileSync(join(examples, name)).toString('base64')

/** An event of a function's URL. */
const posted = (body: string, more: object = {}) => ({
  requestContext: { http: { method: 'POST' } },
  body,
  isBase64Encoded: true,
  ...more,
})

interface Answer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

targetTest(
  'lambda-example',
  'classifies, and says what is wrong with a request',
  async (project) => {
    await project.run('build')
    const { answers, isWritable, home } = await invoke(join(project.folder, 'dist'), [
      posted(picture('chelsea.png'), { queryStringParameters: { top: '2' } }),
      // An event of an API Gateway.
      { httpMethod: 'POST', body: picture('grace_hopper.jpg'), isBase64Encoded: true },
      { requestContext: { http: { method: 'GET' } } },
      posted(''),
      posted('hello', { isBase64Encoded: false }),
      posted(Buffer.from('hello').toString('base64')),
      posted(picture('chelsea.png').slice(0, 1000)),
      posted(picture('chelsea.png'), { queryStringParameters: { top: 'all' } }),
    ])
    assert.equal([isWritable, home], [false, undefined])
    const [cat, admiral, ...refused] = answers.map(({ statusCode, headers, body }) => {
      assert.is(headers['content-type'], 'application/json')
      return { statusCode, headers, ...JSON.parse(body) }
    })
    assert.equal([cat.statusCode, cat.predictions.length], [200, 2])
    assert.is(cat.predictions[0].label, 'Egyptian cat')
    assert.equal([admiral.statusCode, admiral.predictions[0].label], [200, 'military uniform'])
    const said: [number, RegExp][] = [
      [405, /POST/],
      [400, /empty/],
      [415, /content type/],
      [400, /not an image/],
      [400, /truncated/],
      [400, /whole number/],
    ]
    for (const [i, [status, message]] of said.entries()) {
      assert.is(refused[i].statusCode, status, refused[i].error)
      assert.match(refused[i].error, message)
    }
    assert.is(refused[0].headers.allow, 'POST')
  },
  { program: join(examples, 'lambda'), obstacle: writesAnyway },
)

async function invoke(
  code: string,
  events: readonly object[],
): Promise<{ answers: Answer[]; isWritable: boolean; home?: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-function-'))
  try {
    const task = join(folder, 'task')
    cpSync(code, task, { recursive: true })
    cpSync(script, join(folder, 'invoke.mjs'))
    writeFileSync(join(folder, 'events.json'), JSON.stringify(events))
    await run('chmod', ['-R', 'a+rX,a-w', folder], { cwd: folder })
    const env = { PATH: process.env.PATH, LAMBDA_TASK_ROOT: task }
    const options = { cwd: task, onlyEnv: env, ...unprivileged }
    return JSON.parse(await run(process.execPath, ['../invoke.mjs', '../events.json'], options))
  } finally {
    await run('chmod', ['-R', 'u+w', folder], { cwd: tmpdir() })
    rmSync(folder, { recursive: true })
  }
}

test.run()
