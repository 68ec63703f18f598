import { test } from 'uvu'
import { addPageCheck, addPicture } from './harness/check.ts'
import { pageTests } from './harness/pages.ts'

// A page that may run its own scripts and WebAssembly, and nothing else.
pageTests('csp', {
  folder: '.',
  browsers: ['chromium', 'firefox'],
  headers: {
    'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  },
  prepare(folder) {
    addPicture(folder)
    addPageCheck(folder, 'main.js', { vitrine: '/node_modules/vitrine/build/web/index.js' })
  },
})

test.run()
