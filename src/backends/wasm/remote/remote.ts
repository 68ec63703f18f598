import type { Backend } from '../../backend.ts'
import { chooseBuild, requireDtype } from '../builds/choose.ts'
import { compileBuild } from '../builds/kernels.ts'
import type { WasmOptions } from '../options.ts'
import { Connection } from './connection.ts'
import { type Host, RemoteModel } from './model.ts'

let warned = false

/**
 * The WebAssembly backend in a worker, which computes on one thread, so that the page's own thread stays free.
 * Where the worker can't be started, the page's thread computes after all, with one warning.
 * @param reason why one thread computes
 * @throws what `createWasmBackend` throws
 */
export async function createRemoteBackend(options: WasmOptions, reason: string): Promise<Backend> {
  const { dtype = 'f32' } = options
  requireDtype(dtype)
  const user = {}
  // The worker starts while the kernels are loaded and compiled.
  let connection = Connection.enter(user)
  try {
    const { build, fused, description } = await chooseBuild(options, { dtype, shared: false })
    const module = await compileBuild(build, { fused })
    if (!(await connection.starts())) return await computeHere(options, connection.ended!)
    const host: Host = {
      build,
      module,
      dtype,
      get connection() {
        return connection
      },
      async reconnect() {
        if (connection.ended !== undefined) connection = Connection.enter(user)
        await connection.ready
        return connection
      },
    }
    return {
      name: 'wasm',
      description: `${description}; in a worker, so that the page stays free`,
      threads: { count: 1, reason },
      createModel: (weights, refill) => new RemoteModel(host, weights, refill),
      dispose: () => connection.leave(user),
    }
  } catch (error) {
    connection.leave(user)
    throw error
  }
}

async function computeHere(options: WasmOptions, reason: string): Promise<Backend> {
  if (!warned) {
    console.warn(
      `vitrine computes on this page's own thread: its worker can't be started: ${reason}.`,
    )
  }
  warned = true
  return (await import('../wasm.ts')).createWasmBackend({ ...options, threads: 1 })
}
