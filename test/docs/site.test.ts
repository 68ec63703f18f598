import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { check } from '../../docs/site/check.ts'
import { stage, withFigures, withLinks, withNames } from '../../docs/site/stage.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'vitrine-site-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

test('links are replaced outside code', () => {
  const text = '[a](b.md) `[a](b.md)` ![c](d.svg)\n```md\n[a](b.md)\n```\n[e](f.md#g)\n'
  const found: string[] = []
  const written = withLinks(text, (link) => {
    found.push(link)
    return 'X'
  })
  assert.equal(found, ['b.md', 'd.svg', 'f.md#g'])
  assert.is(written, '[a](X) `[a](b.md)` ![c](X)\n```md\n[a](b.md)\n```\n[e](X)\n')
})

test('names of public types are links to the reference', () => {
  const text = '## `Own`\n`Own` and `other`, [`Own`](x.md)\n```ts\n`Own`\n```\n'
  assert.is(withNames(text, { Own: '/own' }), text.replace('\n`Own`', '\n[`Own`](/own)'))
})

test('a drawing stands in the page without its own style', () => {
  const drawing = '<svg>\n  <style>\n    a { }\n  </style>\n  <g />\n</svg>\n'
  const written = withFigures('![What it shows](figures/a.svg)\n', () => drawing)
  assert.is(written, '<figure>\n<svg>\n  <g />\n</svg>\n</figure>\n')
})

test('links that lead nowhere and what comes from other servers are found', () => {
  const site = join(folder, 'faulty')
  mkdirSync(join(site, 'b'), { recursive: true })
  writeFileSync(
    join(site, 'index.html'),
    `<h1 id="top">A</h1><a href="/b/#there">b</a><a href="#top">a</a><a href="https://example.org">c</a>
<a href="/gone.html">d</a><a href="/b/#gone">e</a><script src="https://example.org/x.js"></script>`,
  )
  writeFileSync(join(site, 'b/index.html'), '<h1 id="there">B</h1><img src="../no.png">')
  assert.equal(check(site).sort(), [
    'b/index.html: ../no.png does not exist',
    'index.html: /b/#gone has no such heading',
    'index.html: /gone.html does not exist',
    'index.html: https://example.org/x.js comes from another server',
  ])
})

test('every file that a page links to is there', () => {
  const staged = join(folder, 'staged')
  stage(root, staged)
  const page = readFileSync(join(staged, 'kernels/matrix-product.md'), 'utf8')
  assert.match(page, '../source/assembly/gemm/gemm.ts.md')
  assert.match(page, '<figure>')
  assert.ok(existsSync(join(staged, 'source/assembly/gemm/gemm.ts.md')))
  assert.ok(existsSync(join(staged, 'introduction.md')))
})

const tools = join(root, 'docs/site/node_modules/vitepress')
const obstacle = existsSync(tools) ? undefined : 'npm ci --prefix docs/site'
if (obstacle) console.log(`skipping the site: what builds it is not installed; ${obstacle}`)
const siteTest = obstacle ? test.skip : test

siteTest('npm run docs builds a site without dead links, and its reference', () => {
  const site = join(folder, 'site')
  const args = ['--import', 'tsx', 'docs/site/build.mjs', site]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, VITRINE_SITE_BASE: '/vitrine/' },
  })
  assert.is(status, 0, `${stdout}${stderr}`)
  assert.equal(check(site, '/vitrine/'), [])
  const reference = readFileSync(join(site, 'reference/vitrine/functions/load.html'), 'utf8')
  assert.match(reference, 'CheckpointInput')
})

test.run()
