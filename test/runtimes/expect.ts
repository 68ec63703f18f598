import * as assert from 'uvu/assert'

/** SHA-256 of the logits of int16, everywhere. */
const INT16_HASH = '68b71251eba86b9809d396b35e9ddadf1e06f5999be2005041dbc30e0a78bb70'

/** What threads.mjs found with some options. */
export interface Threads {
  readonly options: object
  readonly hashes: readonly number[]
  readonly labels: readonly string[]
  readonly ended: string
  readonly aborted: string
  readonly disposed: string
}

/** What threads.mjs must have found, in any runtime. */
export function expectThreads(found: readonly Threads[]): void {
  for (const { options, hashes, labels, ended, aborted, disposed } of found) {
    const what = JSON.stringify(options)
    assert.equal(hashes, found[0]!.hashes, what)
    assert.is(hashes.length, 1, what)
    assert.equal(labels, ['Egyptian cat', 'Egyptian cat'], what)
    assert.ok(['done', 'TimeoutError'].includes(ended), `${what} ${ended}`)
    assert.equal([aborted, disposed], ['AbortError', 'DISPOSED'], what)
  }
}

/** What int16.mjs found with some kernels. */
export interface Int16 {
  readonly kernels?: string
  readonly threads: number
  readonly hashes: readonly string[]
}

/**
 * What int16.mjs must have found: one hash, whatever computed.
 * @param threads the numbers of threads that it could have
 * @param kernels that it could choose
 */
export function expectInt16(
  found: readonly Int16[],
  threads: readonly number[] = [1, 2],
  kernels: readonly (string | undefined)[] = [undefined, 'simd8', 'simd16'],
): void {
  assert.equal(
    found.map(({ kernels, threads, hashes }) => ({ kernels, threads, hashes })),
    threads.flatMap((threads) =>
      kernels.map((kernels) => ({ kernels, threads, hashes: [INT16_HASH] })),
    ),
  )
}

/** What a program of a target says of examples/chelsea.png. */
export function expectAnswer(answer: string): void {
  assert.is(answer, 'Egyptian cat 0.733')
}

/** What it says of it as JSON, the classes from the most probable on. */
export function expectPredictions(found: readonly { label: string; probability: number }[]): void {
  const [{ label, probability }] = found as [(typeof found)[0]]
  expectAnswer(`${label} ${probability.toFixed(3)}`)
}
