import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)

export interface Sample {
  /** `docs/gpu.md:12`: where the block begins. */
  readonly place: string
  readonly page: string
  readonly code: string
  /** Declarations of what the block uses and does not show: `<!-- given: declare const file: File -->`. */
  readonly given: string
  /** Why it is left out: `<!-- not checked: it is part of a page -->`. */
  readonly reason: string | undefined
}

/** The README and all pages of docs/, by their paths. */
export const pages = (): string[] => [
  'README.md',
  ...readdirSync(fileURLToPath(new URL('docs/', root)), { recursive: true })
    .map((file) => `docs/${String(file).replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.md') && !file.startsWith('docs/site/')),
]

/**
 * The fenced blocks of a page in one language, each with the comments that stand right before it. Blocks that show
 * a file are left out, since that is tested where it lies.
 */
export function samplesOf(page: string, language: string, text = read(page)): Sample[] {
  const samples: Sample[] = []
  const pattern =
    /((?:^[ ]*<!--(?:(?!-->)[\s\S])*-->\n)*)^([ ]*)```(\w*)[^\n]*\n([\s\S]*?)^\2```$/gm
  for (const match of text.matchAll(pattern)) {
    const [, comments, indent, found, block] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
    ]
    if (found !== language || comments.includes('<!-- file: ')) continue
    const line = text.slice(0, match.index + comments.length).split('\n').length
    const given = [...comments.matchAll(/<!-- given: ([\s\S]*?) -->/g)].map(([, code]) => code)
    samples.push({
      place: `${page}:${line}`,
      page,
      code: block.replace(new RegExp(`^${indent}`, 'gm'), ''),
      given: given.join('\n'),
      reason: comments.match(/<!-- not checked: ([\s\S]*?) -->/)?.[1],
    })
  }
  return samples
}

const read = (page: string) => readFileSync(new URL(page, root), 'utf8')
