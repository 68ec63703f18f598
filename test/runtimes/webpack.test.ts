import { join } from 'node:path'
import { test } from 'uvu'
import { addPageCheck, addPicture } from './harness/check.ts'
import { pageTests } from './harness/pages.ts'

// webpack without a configuration: src/index.js becomes dist/main.js, beside a page that is there already.
pageTests('webpack', {
  folder: 'dist',
  prepare(folder) {
    addPicture(join(folder, 'dist'))
    addPageCheck(folder, 'src/index.js')
  },
  build: (project) => project.run('build'),
})

test.run()
