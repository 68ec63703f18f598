import * as assert from 'uvu/assert'
import { bytesSource } from '../../src/checkpoint/source/memory.ts'
import type { Neighbours } from '../../src/checkpoint/source/neighbours.ts'

/** Files that lie beside a checkpoint, by their names. */
export const beside = (files: Readonly<Record<string, Uint8Array>>): Neighbours => ({
  open: async (name) => (files[name] ? bytesSource(files[name], name) : undefined),
})

export async function rejects(
  promise: Promise<unknown>,
  kind: new (...args: never[]) => Error,
  message: RegExp,
): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (error: Error) => error,
  )
  assert.instance(error, kind, `${error}, and not ${message}`)
  assert.match(error!.message, message)
}
