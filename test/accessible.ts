import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'puppeteer-core'
import * as assert from 'uvu/assert'

export const axe = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

/**
 * @param view what is shown, for messages
 * @param inject brings axe into the page
 */
export async function checkAccessibility(
  page: Page,
  view: string,
  inject = (page: Page): Promise<unknown> => page.evaluate(axe),
): Promise<void> {
  await inject(page)
  const { violations, passes } = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
    const found = await axe.run()
    return {
      violations: found.violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
      ),
      passes: found.passes.length,
    }
  })
  assert.equal(violations, [], view)
  assert.ok(passes > 10)
}
