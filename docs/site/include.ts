/**
 * Writes files of the repository into the pages that show them. A comment before a fenced block names the file:
 *
 *     <!-- file: test/runtimes/vite/main.ts -->
 *
 *     npm run docs:files
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { pageSources } from './stage.ts'

const root = new URL('../../', import.meta.url)

const block = /^<!-- file: (\S+) -->\n```[^\n]*\n([\s\S]*?)^```$/gm

/** The files that a page shows, and what it shows of them. */
export function shownFiles(markdown: string): { file: string; text: string }[] {
  return [...markdown.matchAll(block)].map(([, file, text]) => ({ file: file!, text: text! }))
}

/** The page with what its files contain. */
export function withFiles(markdown: string, read: (file: string) => string): string {
  return markdown.replace(block, (_, file: string) => {
    const text = read(file)
    if (/^```/m.test(text)) throw new Error(`${file} has a line that would end the block.`)
    const language = extname(file).slice(1).replace('jsonc', 'json').replace('mjs', 'js')
    return `<!-- file: ${file} -->\n\`\`\`${language}\n${text.trimEnd()}\n\`\`\``
  })
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const read = (file: string) => readFileSync(new URL(file, root), 'utf8')
  for (const page of pageSources(fileURLToPath(root))) {
    const text = read(page)
    const written = withFiles(text, read)
    if (written !== text) writeFileSync(new URL(page, root), written)
  }
}
