import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { addCheck, addPicture, addScript } from './harness/check.ts'
import { pageTests } from './harness/pages.ts'

// All in a module worker of the page's own, built by Vite.
pageTests('web-worker', {
  folder: 'dist',
  browsers: ['chromium', 'firefox'],
  // Seen in Firefox 153 in one load of ten: `new Worker` does not return.
  fault: (kind, isolated) =>
    kind === 'firefox' && isolated
      ? 'Firefox may block a worker for ever that starts two workers of its own'
      : undefined,
  prepare(folder) {
    addPicture(join(folder, 'public'))
    addCheck(
      folder,
      'check-worker.js',
      `import { load } from 'vitrine'
const threads = crossOriginIsolated ? [1, 2] : [1]
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
})

test.run()
