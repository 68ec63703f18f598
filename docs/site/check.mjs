/** Checks a built site: every link and anchor leads somewhere, and nothing comes from another server. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/**
 * @param site the folder of the built site
 * @param base the path below which it is served
 * @returns what is wrong, one text for each fault
 */
export function check(site, base) {
  const pages = readdirSync(site, { recursive: true })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.html'))
  const anchors = new Map(
    pages.map((page) => [page, idsOf(readFileSync(join(site, page), 'utf8'))]),
  )
  return pages.flatMap((page) => faultsOf(site, base, page, anchors))
}

const idsOf = (html) => new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => decoded(id)))

function faultsOf(site, base, page, anchors) {
  const html = readFileSync(join(site, page), 'utf8')
  const faults = []
  for (const [tag, attributes] of html.matchAll(
    /<(?:a|img|link|script|source|iframe)\s([^>]*)>/g,
  )) {
    const target = /\s?(?:href|src)="([^"]*)"/.exec(attributes)?.[1]
    if (target === undefined) continue
    const link = decoded(target)
    const isLink = tag.startsWith('<a')
    if (/^(https?:)?\/\//.test(link)) {
      if (!isLink) faults.push(`${page}: ${link} comes from another server`)
    } else if (!/^(data|mailto):/.test(link)) {
      const fault = faultOf(site, base, page, link, anchors)
      if (fault) faults.push(`${page}: ${link} ${fault}`)
    }
  }
  return faults
}

function faultOf(site, base, page, link, anchors) {
  const [path, anchor] = link.split('#')
  if (path.startsWith('/') && !path.startsWith(base)) return 'is outside the site'
  const absolute = path.startsWith('/')
    ? path.slice(base.length)
    : posix.join(posix.dirname(page), path)
  const file =
    path === ''
      ? page
      : absolute === '' || absolute.endsWith('/')
        ? `${absolute}index.html`
        : absolute
  if (!existsSync(join(site, file))) return 'does not exist'
  if (!anchor || !file.endsWith('.html')) return undefined
  return anchors.get(file)?.has(decodeURIComponent(anchor)) ? undefined : 'has no such heading'
}

const entities = { '&amp;': '&', '&quot;': '"', '&#39;': "'", '&lt;': '<', '&gt;': '>' }
const decoded = (text) => text.replace(/&(?:amp|quot|#39|lt|gt);/g, (entity) => entities[entity])
