import { onAbort } from './abort.ts'
import { ArgumentError } from './errors.ts'

/** A promise whose outcome can be read synchronously. */
interface Task<T> {
  outcome: PromiseSettledResult<T> | undefined
}

/**
 * Maps the items of an iterable concurrently and yields results in order. Up to `most` items are in progress at
 * once. A result is yielded as soon as it is next, even while further items are pending. The first failure ends
 * the map. Then, and when the consumer stops early, work in progress is aborted and the iterable is closed.
 * @param work receives its own signal, which follows the caller's
 */
export async function* concurrentMap<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  most: number,
  signal: AbortSignal | undefined,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  let wake = () => {}
  const follow = () => {
    controller.abort(signal!.reason)
    wake()
  }
  const unlisten = signal && onAbort(signal, follow)
  const watch = <T>(promise: Promise<T>): Task<T> => {
    const task: Task<T> = { outcome: undefined }
    promise
      .then(
        (value) => {
          task.outcome = { status: 'fulfilled', value }
        },
        (reason: unknown) => {
          task.outcome = { status: 'rejected', reason }
        },
      )
      .then(() => wake())
    return task
  }

  const iterator = iterate(items)
  const pull = async () => {
    const result = await iterator.next()
    if (typeof result === 'object' && result !== null) return result
    throw new ArgumentError('The iterator of the given items gives results that are no objects.')
  }
  let item: Task<IteratorResult<Item>> | undefined
  let drained = false
  let failure: { readonly reason: unknown } | undefined
  const underWay: Task<Result>[] = []
  try {
    for (;;) {
      controller.signal.throwIfAborted()
      if (!drained && underWay.length < most) item ??= watch(pull())
      if (item?.outcome) {
        const { outcome } = item
        item = undefined
        drained = outcome.status === 'rejected' || outcome.value.done === true
        if (outcome.status === 'rejected') failure = outcome
        else if (!outcome.value.done) {
          underWay.push(watch(work(outcome.value.value, controller.signal)))
        }
      } else if (underWay[0]?.outcome) {
        const { outcome } = underWay.shift()!
        if (outcome!.status === 'rejected') throw outcome!.reason
        yield outcome!.value
      } else if (drained && underWay.length === 0) {
        if (failure) throw failure.reason
        return
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  } finally {
    unlisten?.()
    if (underWay.length > 0) controller.abort()
    // Not awaited: a source with a pending item may never settle.
    if (!drained) close(iterator)
  }
}

async function close(iterator: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.()
  } catch {
    // The consumer gets the error that ended the loop.
  }
}

function iterate<T>(items: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  const { [Symbol.asyncIterator]: async, [Symbol.iterator]: sync } = items as Iterable<T> &
    AsyncIterable<T>
  const iterator = async ? async.call(items) : sync.call(items)
  if (typeof iterator?.next === 'function') return iterator
  throw new ArgumentError('What is given to be iterated over has no iterator.')
}
