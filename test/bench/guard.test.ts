import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const launcher = new URL('../../bench/browser/launch.ts', import.meta.url)
const add = process.platform === 'win32' ? test.skip : test
if (process.platform === 'win32') console.log('skipping killed runners: Windows has no groups')

add('a browser ends with whoever started it, however that ends', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-guard-'))
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  // It lives as long as its connection, and ends by nothing but force.
  const program = join(folder, 'browser')
  const script = `process.on('SIGTERM', () => {}); require('net').connect(${port}, '127.0.0.1')`
  writeFileSync(program, `#!/bin/sh\n"${process.execPath}" -e "${script}"\n`)
  chmodSync(program, 0o755)
  const start = `
    import { launch } from ${JSON.stringify(launcher.href)}
    launch({ kind: 'chromium', program: ${JSON.stringify(program)} }, 'about:blank', [])`
  try {
    for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
      const runner = spawn(process.execPath, [
        ...['--import', 'tsx', '--input-type=module', '--eval', start],
      ])
      const [socket] = (await once(server, 'connection')) as [Socket]
      socket.on('error', () => {})
      const closed = new Promise<void>((resolve) => socket.resume().once('close', () => resolve()))
      runner.kill(signal)
      assert.equal(await once(runner, 'exit'), [null, signal])
      await closed
    }
  } finally {
    server.close()
    rmSync(folder, { recursive: true })
  }
})

test.run()
