import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { addCheck, addPicture, addScript } from './harness/check.ts'
import { type PageOptions, pageTests } from './harness/pages.ts'

// All in a module worker of the page's own, built by Vite. Workers of Firefox start no threads.
const options: PageOptions = {
  folder: 'dist',
  prepare(folder) {
    addPicture(join(folder, 'public'))
    addCheck(
      folder,
      'check-worker.js',
      `import { load } from 'vitrine'
const isFirefox = navigator.userAgent.includes('Firefox')
const threads = crossOriginIsolated && !isFirefox ? [1, 2] : [1]
hashInt16(load, { threads }).then((hashes) => postMessage(hashes))`,
    )
    writeFileSync(
      join(folder, 'check.js'),
      `const worker = new Worker(new URL('./check-worker.js', import.meta.url), { type: 'module' })
globalThis.int16 = new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => resolve(data)
  worker.onerror = reject
})
`,
    )
    addScript(join(folder, 'index.html'), './check.js')
  },
  build: (project) => project.run('build'),
}
pageTests('web-worker', { ...options, browsers: ['chromium'] })
pageTests('web-worker', { ...options, browsers: ['firefox'], int16: [[1]] })

test.run()
