import { join } from 'node:path'
import { test } from 'uvu'
import { addPageCheck, addPicture } from './harness/check.ts'
import { pageTests } from './harness/pages.ts'

// esbuild emits no assets: `vitrine copy-model` puts the model beside what it makes.
pageTests('esbuild', {
  folder: 'dist',
  prepare(folder) {
    addPicture(join(folder, 'dist'))
    addPageCheck(folder, 'main.js', { source: "'/vit-ti16-imagenet2012-224.safetensors'" })
  },
  build: (project) => project.run('build'),
})

test.run()
