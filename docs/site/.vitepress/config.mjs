import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { nav, sidebar } from '../pages.ts'

// build.mjs lays out the pages beside the folder of the site.
const out = process.env.VITRINE_SITE
const source = `${out}-source`
const reference = JSON.parse(readFileSync(`${source}/reference/menu.json`, 'utf8'))
const packageJson = fileURLToPath(new URL('../../../package.json', import.meta.url))
const { version, description } = JSON.parse(readFileSync(packageJson, 'utf8'))

/** The anchors that GitHub and npm give to headings, so that a link works there and here. */
const slugify = (heading) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

export default defineConfig({
  title: 'vitrine',
  description,
  lang: 'en',
  srcDir: source,
  outDir: out,
  cacheDir: `${out}-cache`,
  base: process.env.VITRINE_SITE_BASE ?? '/',
  head: [['link', { rel: 'icon', href: `${process.env.VITRINE_SITE_BASE ?? '/'}logo.svg` }]],
  markdown: {
    anchor: { slugify },
    toc: { slugify },
    headers: { slugify },
    theme: { light: 'github-light', dark: 'github-dark' },
  },
  themeConfig: {
    logo: '/logo.svg',
    nav,
    sidebar: sidebar(reference),
    outline: [2, 3],
    search: { provider: 'local' },
    docFooter: { prev: 'Before', next: 'Next' },
    footer: {
      message: `vitrine ${version}, Apache-2.0`,
      copyright: 'The embedded weights are Google’s, converted by timm.',
    },
  },
})
