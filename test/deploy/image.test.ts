import { chmodSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { packageTest } from '../package/installed.ts'
import { freePort, run, start } from '../runtimes/harness/commands.ts'
import { unprivileged } from '../runtimes/harness/unprivileged.ts'
import { words } from './dockerfile.ts'
import { documents } from './documents.ts'

/**
 * What the image would run, without the image: its entry point, command and health check, on this Node, in a folder
 * where only the packed package is installed. Like the image's, its user can write nowhere and has no home.
 */
const environment = { NODE_ENV: 'production', PATH: '/nonexistent' }

packageTest('the image serves, is healthy, and ends cleanly at SIGTERM', async ({ folder }) => {
  chmodSync(folder, 0o555)
  const port = String(await freePort())
  const here = (word: string) =>
    word
      .replace('/nodejs/bin/node', process.execPath)
      .replace('/app/', `${folder}/`)
      .replaceAll(/\b8000\b/g, port)
  const options = { cwd: folder, onlyEnv: environment, ...unprivileged }

  const [node, ...args] = [...words('ENTRYPOINT'), ...words('CMD')].map(here)
  const server = start(node!, args, options)
  try {
    await server.prints(/^ready: /m)
    const [checker, ...check] = words('HEALTHCHECK').map(here)
    await run(checker!, check, options)

    const answer = await fetch(`http://127.0.0.1:${port}/v2`)
    assert.is((await answer.json()).name, 'vitrine')
    await expectProbes(`http://127.0.0.1:${port}`)
    server.signal('SIGTERM')
    assert.is(await server.ended, 0, server.output())
    // Nothing listens any more, which the health check says.
    const code = await start(checker!, check, options).ended
    assert.is(code, 1)
  } finally {
    await server.stop()
  }
})

/** Every path that a probe or a scraper of deploy/ asks is one of the server's document, and answers. */
async function expectProbes(url: string): Promise<void> {
  const { paths } = await (await fetch(`${url}/openapi.json`)).json()
  const asked = documents.flatMap(({ document }) => [
    ...JSON.stringify(document).matchAll(/"path":"([^"]+)"|"[\w.]+\/path":"([^"]+)"/g),
  ])
  const unique = new Set(asked.map(([, path, annotation]) => path ?? annotation!))
  assert.equal([...unique].sort(), ['/metrics', '/v2/health/live', '/v2/health/ready'])
  for (const path of unique) {
    assert.ok(paths[path]?.get, path)
    assert.is((await fetch(url + path)).status, 200, path)
  }
}

test.run()
