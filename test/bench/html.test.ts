import { existsSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { reportHtml } from '../../bench/report/html.ts'
import type { Report } from '../../bench/report/report.ts'
import { plausibleReport } from './report.ts'

const script = new URL('../../build/page/report.js.gz', import.meta.url)
const built = existsSync(script)
if (!built) console.log('skipping the report page, which is not built (npm run build)')
const check = built ? test : test.skip

/** The report as a browser's parser finds it: a script ends at the first `</script`. */
function data(html: string): Report {
  const [, text] = /<script type="application\/json"[^>]*>(.*?)<\/script/s.exec(html)!
  return JSON.parse(text!)
}

const withoutScripts = (html: string) => html.replace(/<script[^>]*>.*?<\/script>/gs, '')

check('the report goes through the page unchanged', async () => {
  const report = plausibleReport()
  assert.equal(data(await reportHtml(report)), JSON.parse(JSON.stringify(report)))
})

check('what an engine is called, or says, is never markup', async () => {
  const report = plausibleReport()
  const evil = '</script><script>alert(1)</script><!--<script><img src=x onerror=alert(1)>"&'
  const one = { ...report.cases[0]!.outcomes[0]!, engine: evil, title: evil, description: evil }
  const html = await reportHtml({
    ...report,
    machine: { ...report.machine, cpu: evil },
    cases: [{ ...report.cases[0]!, outcomes: [one] }],
  })
  assert.is(data(html).cases[0]!.outcomes[0]!.engine, evil)
  assert.is(html.match(/<script/g)!.length, count(await reportHtml(report), /<script/g))
  assert.is(count(html, /<\/script/g), 2)
  assert.not.match(withoutScripts(html), /<img|alert\(1\)<\/script/)
})

check('nothing is fetched, and the policy forbids it', async () => {
  const html = await reportHtml(plausibleReport())
  assert.match(html, /default-src 'none'; script-src 'sha256-[\w+/]{43}='/)
  const [notices] = /\/\*.*?\*\//s.exec(html.slice(html.indexOf('<script type="module">')))!
  const rest = html.replace(notices, '')
  const urls = rest.match(/https?:\/\/[^\s"'`<>)]+/g) ?? []
  // Names of XML's languages look like addresses.
  assert.equal(
    urls.filter((url) => !url.startsWith('http://www.w3.org/')),
    [],
  )
  assert.not.match(withoutScripts(html), /<link|@import|url\(| (src|href)=/)
  assert.match(notices, /@observablehq\/plot.*ISC|ISC.*@observablehq\/plot|Permission to use/s)
})

check('the script has its size in mind', async () => {
  assert.ok(Buffer.byteLength(await reportHtml({ ...plausibleReport(), cases: [] })) < 350_000)
})

const count = (text: string, what: RegExp) => text.match(what)?.length ?? 0

test.run()
