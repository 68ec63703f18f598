import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import { addCheck, addImport, addPicture } from './harness/check.ts'
import { pageTests } from './harness/pages.ts'

// All in a module service worker, which can't import dynamically, from one file without dynamic imports.
pageTests('service-worker', {
  folder: 'dist',
  browsers: ['chromium', 'firefox'],
  prepare(folder) {
    addPicture(join(folder, 'dist'))
    addCheck(
      folder,
      'check-worker.js',
      `import { load } from 'vitrine/core'
const source = () => '/vit-ti16-imagenet2012-224.safetensors'
addEventListener('message', (event) => {
  const [port] = event.ports
  if (!port) return
  event.waitUntil(check(port))
})
async function check(port) {
  const kernels = [undefined, 'simd8']
  port.postMessage(await hashInt16(load, { threads: [1], kernels, source }))
}`,
    )
    addImport(join(folder, 'service-worker.js'), './check-worker.js')
    writeFileSync(
      join(folder, 'check.js'),
      `globalThis.int16 = new Promise(async (resolve) => {
  const { active } = await navigator.serviceWorker.ready
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = ({ data }) => resolve(data)
  active.postMessage(undefined, [port2])
})
`,
    )
    addImport(join(folder, 'main.js'), './check.js')
  },
  build: (project) => project.run('build'),
  int16: [[1], [undefined, 'simd8']],
})

test.run()
