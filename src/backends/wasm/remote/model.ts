import { onAbort } from '../../../abort.ts'
import { DisposedError, WorkerError } from '../../../errors.ts'
import type { Program } from '../../../program/program.ts'
import type { Weight } from '../../../program/values.ts'
import type {
  CompileOptions,
  Dtype,
  Executable,
  Inputs,
  Model,
  Outputs,
  Refill,
  Region,
  RunOptions,
} from '../../backend.ts'
import { checkImages, checkInputs } from '../../inputs.ts'
import { checkWeights } from '../../weights.ts'
import type { Build } from '../builds/builds.ts'
import type { Connection } from './connection.ts'
import { RemoteSink } from './sink.ts'

/** What the models of a backend have in common. */
export interface Host {
  readonly build: Build
  readonly module: WebAssembly.Module
  readonly dtype: Dtype
  /** The worker; it may be gone. */
  readonly connection: Connection
  /**
   * A worker in place of one that is gone.
   * @throws WorkerError where it can't be started
   */
  reconnect(): Promise<Connection>
}

/** What an executable is compiled from. */
interface Compiled {
  readonly program: Program
  readonly options: CompileOptions | undefined
  /** The same for equal programs and options. */
  readonly key: string
}

/** A model in one worker. */
interface Residence {
  readonly connection: Connection
  readonly model: number
  readonly sink: RemoteSink
  readonly created: Promise<unknown>
  /** The executables that the worker has, by what they were compiled from. */
  readonly executables: Map<string, { readonly id: number; readonly done: Promise<unknown> }>
}

let models = 0

/** A model whose weights lie in a worker, which computes its runs. */
export class RemoteModel implements Model {
  readonly writeInt8?: NonNullable<Model['writeInt8']>
  readonly #host: Host
  readonly #weights: readonly Weight[]
  readonly #refill: Refill | undefined
  /** Rejects what waits for the worker. */
  readonly #waiting = new Set<(error: unknown) => void>()
  #residence: Residence
  #moving: Promise<void> | undefined
  #disposed = false

  /** @param refill writes the weights again, to another worker after this one is gone */
  constructor(host: Host, weights: readonly Weight[], refill: Refill | undefined) {
    this.#host = host
    this.#weights = weights
    this.#refill = refill
    this.#residence = this.#settle(host.connection)
    if (host.dtype === 'int8') {
      this.writeInt8 = (...values) => {
        this.#requireAlive()
        this.#residence.sink.writeInt8(...values)
      }
    }
  }

  write(weight: string, region: Region, start: number, values: Float32Array): void {
    this.#requireAlive()
    this.#residence.sink.write(weight, region, start, values)
  }

  async drain(): Promise<void> {
    this.#requireAlive()
    const { created, sink } = this.#residence
    await created
    await sink.drain()
  }

  /** The worker compiles the program as soon as it has all weights, while the page reads an image. */
  prepare(program: Program): void {
    const residence = this.#residence
    const compiled = compiledFrom(program, undefined)
    residence.sink.whenComplete(() => void executableIn(residence, compiled))
  }

  compile(program: Program, options?: CompileOptions): Executable {
    checkWeights(program, this.#weights)
    const images = checkImages(options)
    this.#requireAlive()
    const compiled = compiledFrom(program, options)
    return {
      run: async (inputs, options = {}) => {
        checkInputs(program, inputs, images)
        this.#requireAlive()
        options.signal?.throwIfAborted()
        return this.#run(compiled, inputs, options)
      },
    }
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    for (const reject of this.#waiting) reject(disposed())
    leave(this.#residence)
  }

  /** Settles at once where the run is aborted or the model is disposed. */
  #run(compiled: Compiled, inputs: Inputs, { signal, onStep }: RunOptions): Promise<Outputs> {
    return new Promise((resolve, reject) => {
      let stop = () => {}
      let over = false
      const cancel = (reason: unknown) => {
        over = true
        stop()
        reject(reason)
      }
      this.#waiting.add(cancel)
      const unlisten = signal && onAbort(signal, () => cancel(signal.reason))
      const compute = async () => {
        if (this.#residence.connection.ended !== undefined) await this.#move()
        if (over) return
        const residence = this.#residence
        const { connection, model, sink, created } = residence
        sink.flush()
        const executable = executableIn(residence, compiled)
        const copies = copy(inputs)
        const buffers = Object.values(copies).map(({ buffer }) => buffer)
        const timed = onStep !== undefined
        const run = {
          type: 'run',
          model,
          executable: executable.id,
          inputs: copies,
          timed,
        } as const
        const { number, result } = connection.call(run, buffers)
        stop = () => void connection.call({ type: 'abort', run: number }).result.catch(() => {})
        // The first of them that fails says why the others do.
        const all = Promise.all([result, created, executable.done])
        const [{ outputs, steps }] = await all.finally(() => sink.requireWritten())
        if (over) return
        for (const step of steps) onStep?.(...step)
        resolve(outputs)
      }
      compute()
        .catch(reject)
        .finally(() => {
          this.#waiting.delete(cancel)
          unlisten?.()
        })
    })
  }

  /** Creates the model in a worker, without its weights. */
  #settle(connection: Connection): Residence {
    const { build, module, dtype } = this.#host
    const model = ++models
    const weights = this.#weights
    const create = { type: 'create', model, build, module, weights, dtype } as const
    const created = connection.call(create).result
    created.catch(() => {})
    const sink = new RemoteSink(connection, model, weights)
    return { connection, model, sink, created, executables: new Map() }
  }

  /** Moves to another worker, unless another call is doing so. */
  async #move(): Promise<void> {
    this.#moving ??= this.#moveNow().finally(() => {
      this.#moving = undefined
    })
    await this.#moving
  }

  async #moveNow(): Promise<void> {
    if (!this.#refill) {
      throw new WorkerError(
        'The worker that had this model is gone. Load the model again: its weights came from a source that can be read only once.',
      )
    }
    const residence = this.#settle(await this.#host.reconnect())
    const { created, sink } = residence
    try {
      await created
      await this.#refill(sink)
      await sink.drain()
      this.#requireAlive()
    } catch (error) {
      leave(residence)
      throw error
    }
    this.#residence = residence
  }

  #requireAlive(): void {
    if (this.#disposed) throw disposed()
  }
}

const disposed = () => new DisposedError('The model')

const compiledFrom = (program: Program, options: CompileOptions | undefined): Compiled => ({
  program,
  options,
  key: JSON.stringify([program, options]),
})

let executables = 0

function executableIn(
  { connection, model, executables: known }: Residence,
  { program, options, key }: Compiled,
) {
  let executable = known.get(key)
  if (!executable) {
    const id = ++executables
    const done = connection.call({
      type: 'compile',
      model,
      executable: id,
      program,
      options,
    }).result
    done.catch(() => {})
    executable = { id, done }
    known.set(key, executable)
  }
  return executable
}

/** Frees the model's memory in the worker. */
function leave({ connection, model, executables }: Residence): void {
  executables.clear()
  connection.call({ type: 'dispose', model }).result.catch(() => {})
}

/** Copies of the inputs, without what lies around them. */
const copy = (inputs: Inputs): Inputs =>
  Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, values.slice()]))
