import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { UnsupportedError } from '../../src/errors.ts'
import type { Report } from './report.ts'

// Two levels below the root both as source (bench/report) and as built (build/node).
const built = new URL('../../build/page/', import.meta.url)

/**
 * A report as one page that needs nothing else: the plots' script, their looks and all data are in
 * it, and its policy forbids everything that would go over a network.
 * @throws UnsupportedError where the page's script was not built
 */
export async function reportHtml(report: Report): Promise<string> {
  const [script, style] = await Promise.all([read('report.js.gz'), read('report.css')])
  const code = insideScript(gunzipSync(script).toString())
  // Plots bring small style elements of their own, which no hash could know.
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${createHash('sha256').update(code).digest('base64')}'`,
    "style-src 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>vitrine bench, ${escaped(report.machine.cpu)}, ${escaped(report.date.slice(0, 10))}</title>
<style>
body { margin: 0; background: #fcfcfb }
@media (prefers-color-scheme: dark) { body { background: #15171a } }
@media print { body { background: #fff } }
${style.toString().replaceAll('</', '<\\/')}</style>
</head>
<body>
<main id="vitrine-report"><noscript>The plots and tables are drawn by a script, which this browser does not run. All numbers are in this file, as JSON.</noscript></main>
<script type="application/json" id="vitrine-report-data">${JSON.stringify(report).replaceAll('<', '\\u003c')}</script>
<script type="module">${code}</script>
</body>
</html>
`
}

async function read(name: string): Promise<Buffer> {
  try {
    return await readFile(new URL(name, built))
  } catch (cause) {
    throw new UnsupportedError(`The report page was not built (npm run build): no ${name}.`, {
      cause,
    })
  }
}

/**
 * What would end a script early can only be in its strings and comments, where this is the same. A
 * browser reads line ends as the hash must.
 */
const insideScript = (code: string) =>
  code
    .replaceAll('\r\n', '\n')
    .replaceAll(/<(?=\/script)/gi, '<\\')
    .replaceAll('<!--', '<\\!--')

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
