import { builtPage } from '../../../../bench/report/built-page.ts'
import { selfContainedPage } from '../../../../bench/report/self-contained.ts'
import type { RunRecord } from './messages.ts'
import type { PageData } from './view/main.ts'

const ICON =
  "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><path d='M1 3c4 0 3 10 14 10' fill='none' stroke='%230072b2' stroke-width='2.5' stroke-linecap='round'/></svg>"

/**
 * The page of a run, in one file.
 * @param title such as the data set
 * @param record what it shows; without it, the page asks its server
 * @throws UnsupportedError where the page's script was not built
 */
export async function runHtml(title: string, record?: RunRecord): Promise<string> {
  const data: PageData = { title, ...(record && { record }) }
  return selfContainedPage({
    title: `${title} · vitrine`,
    id: 'vitrine-training',
    before:
      'The curves and tables are drawn by a script, which this browser does not run. All numbers are in this file, as JSON.',
    data,
    policy: ['img-src data:', ...(record ? [] : ["connect-src 'self'"])],
    head: `<link rel="icon" href="data:image/svg+xml,${ICON.replaceAll('<', '%3C').replaceAll('>', '%3E')}">\n`,
    ...(await builtPage('training')),
  })
}
