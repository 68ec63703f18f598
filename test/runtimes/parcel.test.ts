import { test } from 'uvu'
import { addPageCheck, addPicture } from './harness/check.ts'
import { pageTests } from './harness/pages.ts'

// Parcel begins with the page and finds all else.
pageTests('parcel', {
  folder: 'dist',
  prepare(folder) {
    addPicture(folder)
    addPageCheck(folder, 'main.js')
  },
  build: (project) => project.run('build'),
})

test.run()
