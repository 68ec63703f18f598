/**
 * Lays out the site's Markdown from the repository's: the pages of docs/ as they are, except for their links. A
 * link to a file that is no page leads to a copy of that file, so that the site needs no server that has the
 * repository.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, extname, join, posix } from 'node:path'
import { placed } from './pages.ts'

/** A larger file is not shown. */
const MOST_BYTES = 300_000

/**
 * @param root the repository
 * @param target a folder without pages of docs/
 * @param reference where public names are explained, by their names: `/reference/vitrine/functions/load`
 * @throws Error for a link to a file that does not exist
 */
export function stage(
  root: string,
  target: string,
  reference: Readonly<Record<string, string>> = {},
): void {
  const shown = new Set<string>()
  const write = (path: string, text: string) => {
    const file = join(target, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  for (const source of pageSources(root)) {
    const text = readFileSync(join(root, source), 'utf8')
    const linked = withLinks(text, (link) => siteLink(root, source, link, shown))
    const read = (figure: string) => readFileSync(join(root, dirname(source), figure), 'utf8')
    const isGuide = source.startsWith('docs/') && !source.startsWith('docs/kernels/')
    write(placeOf(source), withFigures(isGuide ? withNames(linked, reference) : linked, read))
  }
  for (const source of shown) write(shownPlace(source), shownPage(root, source))
  cpSync(join(root, 'docs/site/index.md'), join(target, 'index.md'))
  cpSync(join(root, 'docs/site/public'), join(target, 'public'), { recursive: true })
}

/** The Markdown files that are pages, by their paths in the repository. */
export function pageSources(root: string): string[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true })
    .map((file) => `docs/${String(file).replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.md') && !file.startsWith('docs/site/'))
  return [...docs, ...Object.keys(placed)].sort()
}

/** Where a page lies in the site. */
const placeOf = (source: string): string =>
  placed[source] ?? source.replace(/^docs\//, '').replace(/(^|\/)README\.md$/, '$1index.md')

const shownPlace = (source: string) => `source/${source}.md`

/** Text and code in turn: a fenced block, or code within a line. */
const partsOf = (markdown: string) => markdown.split(/(^[ ]*```[\s\S]*?^[ ]*```$|`[^`\n]+`)/m)

/** Links the names of public types, where they stand as code and are not part of a link or a heading. */
export function withNames(markdown: string, reference: Readonly<Record<string, string>>): string {
  const parts = partsOf(markdown)
  return parts
    .map((part, i) => {
      const name = /^`([A-Z]\w+)`$/.exec(part)?.[1]
      if (i % 2 === 0 || name === undefined || !Object.hasOwn(reference, name)) return part
      const line = parts.slice(0, i).join('').split('\n').at(-1)!
      const isLinked = line.endsWith('[') || line.startsWith('#')
      return isLinked ? part : `[${part}](${reference[name]})`
    })
    .join('')
}

/** Replaces the targets of links and pictures, outside code. */
export function withLinks(markdown: string, replace: (link: string) => string): string {
  return partsOf(markdown)
    .map((part, i) => {
      if (i % 2 === 1) return part
      return part.replace(/\]\(([^)\s]+)\)/g, (_, link: string) => `](${replace(link)})`)
    })
    .join('')
}

/**
 * Puts drawings into the page itself, so that they follow its light and dark colours. A drawing's own style
 * follows the system's, and is for readers of the repository.
 */
export function withFigures(markdown: string, read: (file: string) => string): string {
  return markdown.replace(/^!\[[^\]]*\]\((\S+\.svg)\)$/gm, (_, file: string) => {
    const drawing = read(file).replace(/ *<style>[\s\S]*?<\/style>\n/, '')
    return `<figure>\n${drawing.trim()}\n</figure>`
  })
}

function siteLink(root: string, source: string, link: string, shown: Set<string>): string {
  if (/^[a-z]+:|^#|^\//i.test(link) || link.endsWith('.svg')) return link
  const [path, anchor] = link.split('#') as [string, string?]
  const file = posix.normalize(posix.join(posix.dirname(source), path)).replace(/\/$/, '')
  if (!existsSync(join(root, file))) throw new Error(`${source}: there is no ${link}`)
  const isPage = file.endsWith('.md') && (Object.hasOwn(placed, file) || file.startsWith('docs/'))
  if (!isPage) shown.add(file)
  const to = posix.relative(
    posix.dirname(placeOf(source)),
    isPage ? placeOf(file) : shownPlace(file),
  )
  return `${to.startsWith('.') ? to : `./${to}`}${anchor === undefined ? '' : `#${anchor}`}`
}

const languages: Readonly<Record<string, string>> = {
  '.ts': 'ts',
  '.tsx': 'tsx',
  '.mjs': 'js',
  '.js': 'js',
  '.json': 'json',
  '.sh': 'sh',
  '.html': 'html',
  '.css': 'css',
  '.rs': 'rust',
  '.c': 'c',
}

/** A file of the repository as a page; a folder as a list of what is in it. */
function shownPage(root: string, source: string): string {
  const file = join(root, source)
  const settings = `title: ${JSON.stringify(source)}\nsearch: false\naside: false\n`
  const head = `---\n${settings}---\n\n# \`${source}\`\n\n`
  if (statSync(file).isDirectory()) {
    const entries = readdirSync(file, { withFileTypes: true })
    const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    return `${head}${names
      .sort()
      .map((name) => `- \`${name}\``)
      .join('\n')}\n`
  }
  const text = readFileSync(file, 'utf8')
  if (text.length > MOST_BYTES) throw new Error(`${source} is too large to be shown.`)
  const language = languages[extname(file)] ?? 'txt'
  return `${head}\`\`\`\`\`${language}:line-numbers\n${text.trimEnd()}\n\`\`\`\`\`\n`
}
