import { onAbort } from '../../abort.ts'

/** Decoded pictures that wait to be computed take about so many bytes at most. */
export const BYTES_AHEAD = 2 ** 28

export interface PrefetchOptions<T> {
  /** How many items are ready at most, from 1. */
  readonly most: number
  /** How many bytes they have at most; one item is made ready whatever it has. */
  readonly mostBytes: number
  bytesOf(item: T): number
  readonly signal?: AbortSignal | undefined
}

/**
 * Takes items of a generator while its consumer does something else, and gives them in the same order. When it ends,
 * by an error or because the consumer stops, the generator has ended too.
 * @param open begins to generate; its signal, which follows the caller's, is aborted when no more items are wanted
 * @throws what the generator throws, once the items before are consumed; the signal's reason at once
 */
export async function* prefetch<T>(
  open: (signal: AbortSignal) => AsyncGenerator<T, unknown, undefined>,
  { most, mostBytes, bytesOf, signal }: PrefetchOptions<T>,
): AsyncGenerator<T, void, undefined> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const unlisten = signal && onAbort(signal, () => controller.abort(signal.reason))
  const ready: T[] = []
  let bytes = 0
  let end: { readonly reason?: unknown } | undefined
  /** Each wakes the other side. */
  let [arrived, taken] = [() => {}, () => {}]

  const isFull = () => ready.length >= most || (ready.length > 0 && bytes >= mostBytes)
  const fill = async () => {
    try {
      for await (const item of open(controller.signal)) {
        ready.push(item)
        bytes += bytesOf(item)
        arrived()
        while (isFull() && !controller.signal.aborted) {
          await new Promise<void>((resolve) => {
            taken = resolve
          })
        }
        if (controller.signal.aborted) break
      }
      end = {}
    } catch (reason) {
      end = { reason }
    }
    arrived()
  }
  const filling = fill()
  const wake = onAbort(controller.signal, () => {
    taken()
    arrived()
  })
  try {
    for (;;) {
      controller.signal.throwIfAborted()
      if (ready.length > 0) {
        const item = ready.shift()!
        bytes -= bytesOf(item)
        taken()
        yield item
      } else if (end) {
        if ('reason' in end) throw end.reason
        return
      } else {
        await new Promise<void>((resolve) => {
          arrived = resolve
        })
      }
    }
  } finally {
    unlisten?.()
    controller.abort()
    wake()
    await filling
  }
}
