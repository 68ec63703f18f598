import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { expectInt16, expectPredictions } from './expect.ts'
import { addCheck, addPicture, readPicture } from './harness/check.ts'
import { freePort, start } from './harness/commands.ts'
import { hasNo, visitFresh } from './harness/pages.ts'
import { type Project, targetTest } from './harness/project.ts'

// Next.js, whose server is what `output: 'standalone'` makes: a folder that has all it needs, moved elsewhere.
const obstacle = hasNo('chromium')

// Building takes half a minute each.
const scripts = process.env.VITRINE_TEST_ALL ? ['build', 'build:webpack'] : ['build']

for (const script of scripts) {
  targetTest(
    'next',
    `npm run ${script}: a client component and a route handler`,
    async (project) => {
      if (script === 'build:webpack') keepServerImports(project)
      await project.run(script)
      const server = await serveStandalone(project)
      try {
        await visitFresh('chromium', server, false)
        const post = { method: 'POST', body: readPicture() }
        const response = await fetch(`${server.url}api/classify`, post)
        expectPredictions(await response.json())
        expectInt16(await (await fetch(`${server.url}api/int16`)).json())
      } finally {
        await server.stop()
      }
    },
    { prepare, obstacle },
  )
}

function prepare(folder: string): void {
  addPicture(join(folder, 'public'))
  addCheck(
    join(folder, 'app'),
    'check.js',
    `'use client'
import { useEffect } from 'react'
import { load } from 'vitrine'
export function Check() {
  useEffect(() => {
    globalThis.int16 ??= hashInt16(load, { threads: [1] })
  }, [])
  return null
}`,
  )
  const layout = join(folder, 'app/layout.tsx')
  const code = readFileSync(layout, 'utf8').replace('{children}<', '{children}<Check /><')
  writeFileSync(layout, `import { Check } from './check.js'\n${code}`)
  addCheck(
    join(folder, 'app/api/int16'),
    'route.js',
    `import { load } from 'vitrine'
export const dynamic = 'force-dynamic'
export const GET = async () => Response.json(await hashInt16(load))`,
  )
}

/**
 * webpack, which is not Next's default, gives server code the URLs that pages have, so the package is left to Node, by
 * the setting that Next's documentation names for that.
 */
function keepServerImports({ folder }: Project): void {
  const config = join(folder, 'next.config.ts')
  const setting = "output: 'standalone', serverExternalPackages: ['vitrine']"
  writeFileSync(config, readFileSync(config, 'utf8').replace("output: 'standalone'", setting))
}

/** Copies what Next's documentation says to copy, moves all to a folder of its own, and starts it. */
async function serveStandalone({ folder, node }: Project) {
  const standalone = `${folder}-standalone`
  process.once('exit', () => rmSync(standalone, { recursive: true, force: true }))
  rmSync(standalone, { recursive: true, force: true })
  cpSync(join(folder, 'public'), join(folder, '.next/standalone/public'), { recursive: true })
  cpSync(join(folder, '.next/static'), join(folder, '.next/standalone/.next/static'), {
    recursive: true,
  })
  renameSync(join(folder, '.next/standalone'), standalone)
  const env = { PORT: String(await freePort()), HOSTNAME: '127.0.0.1' }
  const server = start(node, ['server.js'], { cwd: standalone, env })
  const [url] = await server.prints(/http:\/\/\S+:\d+/)
  return { url: `${url}/`, stop: server.stop }
}

test.run()
