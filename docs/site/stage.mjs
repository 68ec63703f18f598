/**
 * Lays out the site's Markdown from the repository's: the pages of docs/ as they are, except for their links. A
 * link to a file that is no page leads to a copy of that file, so that the site is complete without a server
 * that has the repository.
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
import { dirname, extname, join, posix, relative } from 'node:path'
import { placed } from './pages.mjs'

/** A larger file is no reading. */
const MOST_BYTES = 300_000

/**
 * @param root the repository
 * @param target an empty folder
 */
export function stage(root, target) {
  const sources = new Set()
  const write = (path, text) => {
    const file = join(target, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  for (const source of pageSources(root)) {
    const text = readFileSync(join(root, source), 'utf8')
    const from = placeOf(source)
    write(
      from,
      withLinks(text, (link) => siteLink(root, source, from, link, sources)),
    )
  }
  for (const source of sources) write(`${sourcePlace(source)}.md`, sourcePage(root, source))
  cpSync(join(root, 'docs/site/index.md'), join(target, 'index.md'))
  cpSync(join(root, 'docs/site/public'), join(target, 'public'), { recursive: true })
}

/** The Markdown files that are pages, by their paths in the repository. */
export function pageSources(root) {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)).replaceAll('\\', '/'))
    .filter((path) => !path.startsWith('docs/site/'))
  return [...docs, ...Object.keys(placed)].sort()
}

/** Where a page lies in the site. */
const placeOf = (source) =>
  placed[source] ?? source.replace(/^docs\//, '').replace(/(^|\/)README\.md$/, '$1index.md')

const sourcePlace = (source) => `source/${source}`

/** Replaces the targets of links and pictures, outside code. */
export function withLinks(markdown, replace) {
  return markdown
    .split(/(^[ ]*```[\s\S]*?^[ ]*```$|`[^`\n]+`)/m)
    .map((part, i) => {
      if (i % 2 === 1) return part
      return part.replace(/(\]\()([^)\s]+)(\))/g, (_, open, link, close) => {
        return open + replace(link) + close
      })
    })
    .join('')
}

function siteLink(root, source, from, link, sources) {
  if (/^[a-z]+:|^#|^\//i.test(link)) return link
  const [path, anchor] = link.split('#')
  const file = posix.normalize(posix.join(posix.dirname(source), path)).replace(/\/$/, '')
  const hash = anchor === undefined ? '' : `#${anchor}`
  if (!existsSync(join(root, file))) throw new Error(`${source}: there is no ${link}`)
  if (/\.(svg|png|jpg|webp)$/.test(file) && file.startsWith('docs/')) {
    return relativeLink(from, file.replace(/^docs\//, '')) + hash
  }
  const isPage = file.endsWith('.md') && (file in placed || file.startsWith('docs/'))
  if (isPage) return relativeLink(from, placeOf(file)) + hash
  sources.add(file)
  return relativeLink(from, `${sourcePlace(file)}.md`) + hash
}

function relativeLink(from, to) {
  const path = posix.relative(posix.dirname(from), to)
  return path.startsWith('.') ? path : `./${path}`
}

const languages = {
  '.ts': 'ts',
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
function sourcePage(root, source) {
  const file = join(root, source)
  const title = `---\ntitle: ${JSON.stringify(source)}\neditLink: false\nsearch: false\naside: false\n---\n\n# \`${source}\`\n\n`
  if (statSync(file).isDirectory()) {
    const names = readdirSync(file, { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? `${entry.name}/` : entry.name,
    )
    return (
      title +
      names
        .sort()
        .map((name) => `- \`${name}\``)
        .join('\n')
    )
  }
  const text = readFileSync(file, 'utf8')
  if (text.length > MOST_BYTES)
    throw new Error(`${source} is too large to be shown; name it instead.`)
  return `${title}\`\`\`\`\`${languages[extname(file)] ?? 'txt'}:line-numbers\n${text}\n\`\`\`\`\`\n`
}
