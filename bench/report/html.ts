import { builtPage } from './built-page.ts'
import type { Report } from './report.ts'
import { selfContainedPage } from './self-contained.ts'

/**
 * A report as one page that needs nothing else.
 * @throws UnsupportedError where the page's script was not built
 */
export async function reportHtml(report: Report): Promise<string> {
  return selfContainedPage({
    title: `vitrine bench, ${report.machine.cpu}, ${report.date.slice(0, 10)}`,
    id: 'vitrine-report',
    before:
      'The plots and tables are drawn by a script, which this browser does not run. All numbers are in this file, as JSON.',
    data: report,
    ...(await builtPage('report')),
  })
}
