import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { openDataset } from '../../../src/train/data/open.ts'
import { pageTest } from '../../in-browser.ts'
import type { Page } from './browser-page.ts'
import { checksums } from './checksums.ts'
import { asFiles, type Bytes, cifarRecords, gzip, noisePNG, tarOf } from './made.ts'

const pngs = await Promise.all([1, 2, 3, 4].map((seed) => noisePNG(seed, 20 + seed, 30)))
const [a, b, c, d] = pngs as [Bytes, Bytes, Bytes, Bytes]

const encode = (text: string) => Uint8Array.from(new TextEncoder().encode(text))

const sets: Readonly<Record<string, Readonly<Record<string, Bytes>>>> = {
  'a folder for each class': {
    'cat/1.png': a,
    'cat/2.png': b,
    'dog/3.png': c,
    'dog/4.png': d.subarray(0, 90),
  },
  'metadata.csv': {
    'metadata.csv': encode('file_name,label\n1.png,"sea, horse"\n2.png,cat\n'),
    '1.png': a,
    '2.png': b,
  },
  'a compressed shard': {
    'train.tar.gz': gzip(await tarOf({ '1.png': a, '1.cls': '0', '2.png': b, '2.cls': '1' })),
  },
  CIFAR: { 'train.bin': cifarRecords(Array.from({ length: 20 }, (_, i) => [i % 10])) },
}

for (const browser of ['chromium', 'firefox'] as const) {
  const script = new URL('browser-page.ts', import.meta.url)
  pageTest<Page>(
    browser,
    `${browser} draws the pictures that Node draws, in workers too`,
    script,
    async (page) => {
      for (const [name, files] of Object.entries(sets)) {
        const here = await checksums(await openDataset(asFiles(files), { validation: 0 }))
        assert.ok(here.length >= 20)
        const contents = Object.entries(files).map(([path, bytes]) => [
          path,
          Buffer.from(bytes).toString('base64'),
        ])
        for (const workers of [0, 2]) {
          const there = await page.call('draw', Object.fromEntries(contents), workers)
          assert.equal(there, here, `${name}, ${workers} workers`)
        }
        const folder = await page.call('drawFolder', Object.fromEntries(contents))
        assert.equal(folder, here, `${name}, as a folder's handle`)
      }
    },
  )
}

test.run()
