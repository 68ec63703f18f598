/**
 * Says that a test that has begun can't go on here; it must return then. uvu counts it as passed, test/run.mjs
 * as skipped. Where it is known before, `test.skip` is better.
 */
export function skipNow(reason: string): void {
  console.log(`skipped while it ran: ${reason}`)
}
