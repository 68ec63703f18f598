/**
 * Builds the documentation's site.
 *
 *     npm run docs               into build/site
 *     npm run docs -- FOLDER     into another folder
 *     npm run docs -- --serve    and shows it
 *
 * VITRINE_SITE_BASE is the path below which it is served, with slashes at both ends; `/` unless given.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const here = fileURLToPath(new URL('./', import.meta.url))
const root = resolve(here, '../..')

const { values, positionals } = parseArgs({
  options: { serve: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const out = resolve(positionals[0] ?? join(root, 'build/site'))
// Beside the site, so that two builds into two folders don't meet.
const source = `${out}-source`

if (!existsSync(join(here, 'node_modules/vitepress'))) install()
rmSync(source, { recursive: true, force: true })
mkdirSync(source, { recursive: true })
// The pages become modules, which import Vue.
symlinkSync(join(here, 'node_modules'), join(source, 'node_modules'), 'junction')

// Only now: these need what was just installed.
const { stage } = await import('./stage.ts')
const { writeReference } = await import('./reference.mjs')
const { check } = await import('./check.ts')
stage(root, source, await writeReference(root, join(source, 'reference')))
process.env.VITRINE_SITE = out
const { build, serve } = await import('vitepress')
await build(here)
const faults = check(out, process.env.VITRINE_SITE_BASE ?? '/')
if (faults.length > 0) {
  console.error(faults.join('\n'))
  process.exit(1)
}
rmSync(source, { recursive: true, force: true })
rmSync(`${out}-cache`, { recursive: true, force: true })
console.log(`the site is in ${out}`)
if (values.serve) await serve({ root: here })

function install() {
  console.log('installing what the site is built with, into docs/site/node_modules')
  const args = ['ci', '--no-audit', '--no-fund', '--ignore-scripts']
  const { status } = spawnSync('npm', args, {
    cwd: here,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error('npm ci in docs/site failed.')
}
