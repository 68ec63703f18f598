import { createHash } from 'node:crypto'

export interface PageParts {
  readonly title: string
  /** The id of the element that the script fills; that of its data has `-data` behind it. */
  readonly id: string
  /** What stands there until the script runs, or where none runs: text. */
  readonly before: string
  /** Goes through JSON. */
  readonly data: unknown
  readonly script: string
  readonly style: string
  /** Directives of the page's policy beside those for its script and style. */
  readonly policy?: readonly string[]
  /** Further elements of the head: markup. */
  readonly head?: string
}

/**
 * A page that needs nothing else: script, looks and all data are in it, and its policy forbids everything that would go
 * over a network, unless `policy` says otherwise.
 */
export function selfContainedPage(parts: PageParts): string {
  const code = insideScript(parts.script)
  // Plots bring small style elements of their own, which no hash could know.
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${createHash('sha256').update(code).digest('base64')}'`,
    "style-src 'unsafe-inline'",
    "base-uri 'none'",
    "form-action 'none'",
    ...(parts.policy ?? []),
  ].join('; ')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(parts.title)}</title>
${parts.head ?? ''}<style>
body { margin: 0; background: #fcfcfb }
@media (prefers-color-scheme: dark) { body { background: #15171a } }
@media print { body { background: #fff } }
${parts.style.replaceAll('</', '<\\/')}</style>
</head>
<body>
<main id="${parts.id}"><noscript>${escaped(parts.before)}</noscript></main>
<script type="application/json" id="${parts.id}-data">${JSON.stringify(parts.data).replaceAll('<', '\\u003c')}</script>
<script type="module">${code}</script>
</body>
</html>
`
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
