import { join } from 'node:path'
import { test } from 'uvu'
import { drive } from '../browsers.ts'
import { addPageCheck, addPicture } from './harness/check.ts'
import { visit } from './harness/page.ts'
import { hasNo } from './harness/pages.ts'
import { targetTest } from './harness/project.ts'

// A page of an extension, `chrome-extension://ID/index.html`, built by Vite.
targetTest(
  'extension',
  'chromium',
  async (project) => {
    await project.run('build')
    const browser = await drive('chromium', { pipe: true, enableExtensions: true })
    try {
      const id = await browser.installExtension(join(project.folder, 'dist'))
      await visit(browser, { url: `chrome-extension://${id}/index.html` }, false)
    } finally {
      await browser.close()
    }
  },
  {
    obstacle: hasNo('chromium'),
    prepare(folder) {
      addPicture(join(folder, 'public'))
      addPageCheck(folder, 'index.html')
    },
  },
)

test.run()
