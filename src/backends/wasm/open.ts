import { platform } from '#platform'
import type { Backend } from '../backend.ts'
import type { WasmOptions } from './options.ts'
import { chooseThreads } from './threads/choose.ts'

/**
 * The WebAssembly backend. Where one thread computes for a page, that thread is a worker; only there is the code of
 * `remote/` loaded, and elsewhere that of the backend itself.
 * @throws what `createWasmBackend` throws
 */
export async function openWasmBackend(options: WasmOptions = {}): Promise<Backend> {
  // A caller that wants to block wants to compute itself.
  if (platform.threads.startRemote && !options.blocking) {
    const { count, reason } = await chooseThreads(options)
    if (count === 1) {
      return (await import('./remote/remote.ts')).createRemoteBackend(options, reason)
    }
  }
  return (await import('./wasm.ts')).createWasmBackend(options)
}
