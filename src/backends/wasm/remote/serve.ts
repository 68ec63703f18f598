import { describeError } from '../../../error-message.ts'
import { DisposedError } from '../../../errors.ts'
import type { Port } from '../../../platform/platform.ts'
import type { Executable, Model } from '../../backend.ts'
import { createWasmModel } from '../model.ts'
import { SliceScheduler } from '../threads/slice-scheduler.ts'
import type { Call, Reply, Request, Results } from './protocol.ts'

type Of<Type extends Request['type']> = Request & { readonly type: Type }

interface Held {
  readonly model: Model
  readonly executables: Map<number, Executable>
}

/** Computes for a page: the worker's side of a connection. */
export function serve(port: Port): void {
  const scheduler = new SliceScheduler(port.yield)
  const models = new Map<number, Held>()
  const running = new Map<number, AbortController>()
  const tell = (reply: Reply, transfer?: ArrayBufferLike[]) => port.post(reply, transfer)

  port.listen(async (message) => {
    const { call, request } = message as Call
    try {
      // Nothing is awaited before the request has had its effect, so requests take effect in order.
      const result = await perform(request, call)
      tell({ type: 'done', call, result }, buffersOf(request, result))
    } catch (error) {
      tell({ type: 'failed', call, error: describeError(error) })
    }
  })
  tell({ type: 'ready' })

  function perform(
    request: Request,
    call: number,
  ): Results[Request['type']] | Promise<Results['run']> {
    switch (request.type) {
      case 'create': {
        const { build, module, weights, dtype } = request
        const model = createWasmModel(build, module, weights, scheduler, { dtype })
        models.set(request.model, { model, executables: new Map() })
        return undefined
      }
      case 'write':
        return write(held(request.model).model, request)
      case 'compile': {
        const { model, executables } = held(request.model)
        executables.set(request.executable, model.compile(request.program, request.options))
        return undefined
      }
      case 'run':
        return run(request, call)
      case 'abort':
        running.get(request.run)?.abort()
        return undefined
      case 'dispose':
        models.get(request.model)?.model.dispose()
        models.delete(request.model)
        return undefined
      case 'ping':
        return undefined
    }
  }

  async function run({ model, executable, inputs, timed }: Of<'run'>, call: number) {
    const controller = new AbortController()
    running.set(call, controller)
    const steps: [string, number][] = []
    const onStep = timed ? (...step: [string, number]) => void steps.push(step) : undefined
    try {
      const options = { signal: controller.signal, onStep }
      const outputs = await held(model).executables.get(executable)!.run(inputs, options)
      return { outputs, steps }
    } finally {
      running.delete(call)
    }
  }

  function held(model: number): Held {
    const found = models.get(model)
    if (!found) throw new DisposedError('The model')
    return found
  }
}

function write(model: Model, { buffer, writes }: Of<'write'>): ArrayBuffer {
  for (const { weight, region, start, at, count, scales } of writes) {
    if (scales) {
      const values = new Int8Array(buffer, at, count)
      const each = new Float32Array(buffer, scales.at, scales.count)
      model.writeInt8!(weight, region, start, values, each)
    } else model.write(weight, region, start, new Float32Array(buffer, at, count))
  }
  return buffer
}

/** What a reply gives away. */
function buffersOf(request: Request, result: unknown): ArrayBufferLike[] {
  if (request.type === 'write') return [result as Results['write']]
  if (request.type !== 'run') return []
  return Object.values((result as Results['run']).outputs).map(({ buffer }) => buffer)
}
