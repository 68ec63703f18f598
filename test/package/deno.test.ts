import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Installed, packageTest } from './installed.ts'

const deno = process.env.VITRINE_DENO ?? 'deno'
const isHere = deno !== '' && spawnSync(deno, ['--version']).status === 0
if (!isHere) console.log(`skipping Deno without permissions: there is no ${deno || 'Deno'}`)
const denoTest: typeof packageTest = isHere ? packageTest : (name) => test.skip(name)

const photo = fileURLToPath(new URL('../../examples/chelsea.png', import.meta.url))
const weights = new URL('../../assets/vit-ti16-imagenet2012-224.safetensors', import.meta.url)

/** `--no-prompt` makes an error of what would stop and ask the user. */
async function run(
  { folder }: Installed,
  source: string,
  permissions: readonly string[],
  env = {},
) {
  writeFileSync(
    join(folder, 'program.mjs'),
    `import { load } from 'vitrine'
const vit = await load(${source})
const [{ label }] = await vit.classify(${JSON.stringify(photo)})
console.log(label)
vit.dispose()
`,
  )
  const flags = ['run', '--no-prompt', '--node-modules-dir=manual', ...permissions, 'program.mjs']
  return promisify(execFile)(deno, flags, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', VITRINE_CACHE: join(folder, 'cache'), ...env },
  })
}

denoTest('Deno may read files and nothing else: no variable is asked for', async (installed) => {
  const { stdout, stderr } = await run(installed, '', ['--allow-read'])
  assert.equal([stderr, stdout], ['', 'Egyptian cat\n'])
})

denoTest('nor is one where a checkpoint comes from a server', async (installed) => {
  const server = createServer((_, response) => createReadStream(weights).pipe(response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/own.safetensors`
    const source = `new URL(${JSON.stringify(url)}), { hub: { cache: false } }`
    const { stdout, stderr } = await run(installed, source, [
      '--allow-read',
      '--allow-net=127.0.0.1',
    ])
    assert.equal([stderr, stdout], ['', 'Egyptian cat\n'])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

denoTest('a variable counts where it may be read', async (installed) => {
  const source = "'B_16', { hub: { cache: false } }"
  const permissions = ['--allow-read', '--allow-env=VITRINE_OFFLINE']
  const failed = await run(installed, source, permissions, { VITRINE_OFFLINE: '1' }).catch(
    (error: { stderr: string }) => error.stderr,
  )
  assert.match(String(failed), /SourceError: .*VITRINE_OFFLINE/)
})

test.run()
