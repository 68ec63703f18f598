import type { Browser, Page } from 'puppeteer-core'
import * as assert from 'uvu/assert'
import { expectAnswer, expectInt16, type Int16 } from '../expect.ts'

/** See `expectInt16`. */
export type Int16Choices = [threads: readonly number[], kernels?: readonly (string | undefined)[]]

/** Browsers ask for an icon by themselves. */
const isIcon = (url: string | undefined) => url?.endsWith('/favicon.ico') ?? false

/** What went wrong in a page: errors and warnings of its console, what it threw, what it could not load. */
function watch(page: Page): string[] {
  const errors: string[] = []
  page.on('console', (message) => {
    const [type, text] = [message.type(), message.text()]
    if (isIcon(message.location().url)) return
    // This is what a page that is not isolated is told.
    if (text.startsWith('vitrine computes on one thread: ')) return
    if (type === 'error' || type === 'warn') errors.push(`console.${type}: ${text}`)
  })
  page.on('pageerror', (error) => errors.push(String((error as Error)?.stack ?? error)))
  page.on('requestfailed', (request) =>
    errors.push(`${request.url()}: ${request.failure()?.errorText}`),
  )
  page.on('response', (response) => {
    if (response.status() >= 400 && !isIcon(response.url()))
      errors.push(`${response.url()}: ${response.status()}`)
  })
  return errors
}

/**
 * Visits a page whose program puts its answer into `<output>`, and to which check.js was added: both must be right, and
 * nothing may go wrong beside them.
 * @param server whose page it is; a development server does not say what is missing
 * @param isolated whether the page is cross-origin isolated
 * @param int16 the numbers of threads and the kernels that check.js chooses
 */
export async function visit(
  browser: Pick<Browser, 'newPage'>,
  server: { readonly url: string; readonly missing?: readonly string[] },
  isolated: boolean,
  int16: Int16Choices = [isolated ? [1, 2] : [1]],
): Promise<void> {
  const page = await browser.newPage()
  const errors = watch(page)
  try {
    await page.goto(server.url)
    const found = await Promise.race([resultOf(page), failureIn(page, errors)])
    // Workers' requests are not the page's: the server knows them.
    assert.equal([errors, server.missing ?? []], [[], []])
    assert.is(await page.evaluate(() => crossOriginIsolated), isolated)
    expectAnswer(found!.answer)
    expectInt16(found!.int16, ...int16)
  } finally {
    await page.close()
  }
}

async function resultOf(page: Page): Promise<{ answer: string; int16: Int16[] }> {
  const options = { timeout: 120_000 }
  await page.waitForFunction(() => document.querySelector('output')?.textContent, options)
  await page.waitForFunction(() => 'int16' in globalThis, options)
  return page.evaluate(async () => ({
    answer: document.querySelector('output')!.textContent!,
    int16: await (globalThis as unknown as { int16: Promise<Int16[]> }).int16,
  }))
}

/** Resolves at the first error, so that a page that will never answer is not waited for. */
function failureIn(page: Page, errors: readonly string[]): Promise<undefined> {
  return new Promise((resolve) => {
    const look = () => errors.length > 0 && resolve(undefined)
    for (const event of ['console', 'pageerror', 'requestfailed', 'response'] as const) {
      page.on(event, look)
    }
  })
}
