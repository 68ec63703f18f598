import { test } from 'uvu'
import { addPageCheck, addPicture } from './harness/check.ts'
import { pageTests } from './harness/pages.ts'

// A page without a bundler: one line of an import map.
pageTests('plain', {
  folder: '.',
  browsers: ['chromium', 'firefox'],
  prepare(folder) {
    addPicture(folder)
    addPageCheck(folder, 'index.html')
  },
})

test.run()
