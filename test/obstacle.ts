import { test } from 'uvu'

const printed = new Set<string>()

/** A test that something may stand in the way of: it counts as skipped then, and the reason is printed once. */
export function testUnless(
  obstacle: string | undefined,
  name: string,
  run: () => void | Promise<void>,
): void {
  if (obstacle === undefined) return void test(name, run)
  if (!printed.has(obstacle)) console.log(`skipping ${name}: ${obstacle}`)
  printed.add(obstacle)
  test.skip(name, run)
}
