import { onAbort } from './abort.ts'
import { ArgumentError } from './errors.ts'

/** A promise whose outcome can be looked at. */
interface Task<T> {
  outcome: PromiseSettledResult<T> | undefined
}

/**
 * Maps the items of an iterable in order, with up to `most` of them under way at once. A result is
 * given as soon as it is its turn, whether or not further items have come. The first that fails ends
 * it; then, and where the consumer leaves early, what is under way is aborted and the iterable closed.
 * @param work is given a signal of its own, which follows the caller's
 */
export async function* ahead<Item, Result>(
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
    // Not waited for: a source from which an item is still wanted may never answer.
    if (!drained) close(iterator)
  }
}

async function close(iterator: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.()
  } catch {
    // What ended the loop is what its consumer is told.
  }
}

function iterate<T>(items: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  const { [Symbol.asyncIterator]: async, [Symbol.iterator]: sync } = items as Iterable<T> &
    AsyncIterable<T>
  const iterator = async ? async.call(items) : sync.call(items)
  if (typeof iterator?.next === 'function') return iterator
  throw new ArgumentError('What is given to be iterated over has no iterator.')
}
