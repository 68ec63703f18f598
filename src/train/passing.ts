import { ArgumentError } from '../errors.ts'

/** Files whose content changes when training goes on, so that they can only be read until then. */
export class Passing {
  #moment = 0

  /**
   * The chunks of a file of now.
   * @throws ArgumentError while it is read, after `pass`
   */
  now(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const moment = this.#moment
    const check = () => {
      if (moment === this.#moment) return
      throw new ArgumentError(
        'This file can only be read before the next event of the training: its weights have changed since.',
      )
    }
    return (async function* () {
      check()
      for await (const chunk of chunks) {
        check()
        yield chunk
      }
    })()
  }

  /** What was of now is refused from now on. */
  pass(): void {
    this.#moment++
  }
}
