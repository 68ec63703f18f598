/**
 * What waits for each signal. A program may pass one signal to any number of calls at once, and a listener for
 * each of them looks like a leak to Node, which warns of more than ten.
 */
const waiting = new WeakMap<AbortSignal, AbortActions>()

class AbortActions {
  readonly #signal: AbortSignal
  readonly #actions = new Set<{ readonly act: () => void }>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  add(act: () => void): () => void {
    const action = { act }
    if (this.#actions.size === 0) this.#signal.addEventListener('abort', this.#run, { once: true })
    this.#actions.add(action)
    return () => {
      if (!this.#actions.delete(action) || this.#actions.size > 0) return
      this.#signal.removeEventListener('abort', this.#run)
    }
  }

  readonly #run = () => {
    const actions = [...this.#actions]
    // An action that cancels another still finds it here.
    for (const action of actions) if (this.#actions.delete(action)) action.act()
  }
}

/**
 * Calls `act`, which must not throw, when a signal is aborted; not for one that already is.
 * @returns what takes that back
 */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  let actions = waiting.get(signal)
  if (!actions) {
    actions = new AbortActions(signal)
    waiting.set(signal, actions)
  }
  return actions.add(act)
}
