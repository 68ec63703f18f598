/** Checks a built site: every link and anchor leads somewhere, and nothing comes from another server. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/**
 * @param site the folder of the built site
 * @param base the path below which it is served, with slashes at both ends
 * @returns what is wrong, a text for each fault
 */
export function check(site: string, base = '/'): string[] {
  const pages = readdirSync(site, { recursive: true })
    .map((file) => String(file).replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.html'))
  const texts = new Map(pages.map((page) => [page, readFileSync(join(site, page), 'utf8')]))
  const anchors = new Map([...texts].map(([page, html]) => [page, idsOf(html)]))
  return [...texts].flatMap(([page, html]) =>
    targetsOf(html).flatMap(({ isLink, link }) => {
      const fault = faultOf({ site, base, page, anchors }, isLink, link)
      return fault === undefined ? [] : [`${page}: ${link} ${fault}`]
    }),
  )
}

const idsOf = (html: string) =>
  new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => decoded(id!)))

/** What a page leads to or loads, each once. */
function targetsOf(html: string) {
  const found = new Map<string, { isLink: boolean; link: string }>()
  for (const [tag, attributes] of html.matchAll(
    /<(?:a|img|link|script|source|iframe)\s([^>]*)>/g,
  )) {
    const target = /(?:^|\s)(?:href|src)="([^"]*)"/.exec(attributes!)?.[1]
    if (target === undefined) continue
    const isLink = tag.startsWith('<a')
    found.set(`${isLink} ${target}`, { isLink, link: decoded(target) })
  }
  return [...found.values()]
}

interface Place {
  readonly site: string
  readonly base: string
  readonly page: string
  readonly anchors: ReadonlyMap<string, ReadonlySet<string>>
}

function faultOf({ site, base, page, anchors }: Place, isLink: boolean, link: string) {
  if (/^(https?:)?\/\//.test(link)) return isLink ? undefined : 'comes from another server'
  if (/^(data|mailto):/.test(link)) return undefined
  const [path, anchor] = link.split('#') as [string, string?]
  if (path.startsWith('/') && !path.startsWith(base)) return `is not below ${base}`
  const absolute = path.startsWith('/')
    ? path.slice(base.length)
    : posix.join(posix.dirname(page), path)
  const isFolder = absolute === '' || absolute.endsWith('/')
  const file = path === '' ? page : isFolder ? `${absolute}index.html` : absolute
  if (!existsSync(join(site, file))) return 'does not exist'
  if (!anchor || !file.endsWith('.html')) return undefined
  return anchors.get(file)!.has(decodeURIComponent(anchor)) ? undefined : 'has no such heading'
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&quot;': '"',
  '&#39;': "'",
  '&lt;': '<',
  '&gt;': '>',
}
const decoded = (text: string) =>
  text.replace(/&(?:amp|quot|#39|lt|gt);/g, (entity) => entities[entity]!)
