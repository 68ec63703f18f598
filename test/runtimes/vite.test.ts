import { join } from 'node:path'
import { test } from 'uvu'
import { addPageCheck, addPicture } from './harness/check.ts'
import { hasNo, pageTests, visitFresh } from './harness/pages.ts'
import { targetTest } from './harness/project.ts'

// Vite, as `npm create vite` sets it up: its development server, which optimises dependencies, and its build.
function prepare(folder: string): void {
  addPicture(join(folder, 'public'))
  addPageCheck(folder, 'index.html')
}

for (const [script, isolated] of [
  ['dev', false],
  ['dev:isolated', true],
] as const) {
  targetTest(
    'vite',
    `chromium, npm run ${script}`,
    async (project) => {
      const server = await project.start(script)
      try {
        const [, url] = await server.prints(/Local:\s+(http\S+)/)
        await visitFresh('chromium', { url: url! }, isolated)
      } finally {
        await server.stop()
      }
    },
    { prepare, obstacle: hasNo('chromium') },
  )
}

pageTests('vite', {
  folder: 'dist',
  browsers: ['chromium', 'firefox'],
  prepare,
  build: (project) => project.run('build'),
})

test.run()
