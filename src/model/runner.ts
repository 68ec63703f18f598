import type { Backend, Executable, Model, Outputs } from '../backends/backend.ts'
import { DisposedError } from '../errors.ts'
import { firstNonFinite } from '../finite.ts'
import { withOutputs } from '../program/passes/outputs.ts'
import { withoutUnusedRows } from '../program/passes/rows.ts'
import type { RunOptions } from './options.ts'
import type { Stage } from './overflow.ts'
import type { ReadyImage, Sized } from './sized.ts'

/** What a model is computed with. */
export interface RunnerParts {
  readonly backend: Backend
  readonly model: Model
  /** Values of the program from the first to the last, by which an overflow is found. */
  readonly stages: readonly Stage[]
}

/**
 * Runs a model's programs on its backend. What is compiled is kept with the programs, by the names of the outputs.
 * Everything throws a DisposedError after `dispose`.
 */
export class Runner {
  readonly #parts: RunnerParts
  #disposed = false

  constructor({ backend, model, stages }: RunnerParts) {
    this.#parts = { backend, model, stages }
  }

  requireAlive(): void {
    if (this.#disposed) throw new DisposedError('The model')
  }

  executable(sized: Sized, names: readonly string[], program = sized.program): Executable {
    this.requireAlive()
    const key = names.join()
    let executable = sized.compiled.get(key)
    if (!executable) {
      executable = this.#parts.model.compile(withoutUnusedRows(withOutputs(program, names)))
      sized.compiled.set(key, executable)
    }
    return executable
  }

  /**
   * @param program the image's, or one that continues it
   * @returns the outputs, which are finite
   * @throws NumericError for outputs that are not
   */
  async run(
    { sized, inputs }: ReadyImage,
    names: readonly string[],
    { signal }: RunOptions,
    program = sized.program,
  ): Promise<Outputs> {
    const outputs = await this.executable(sized, names, program).run(inputs, { signal })
    const broken = Object.keys(outputs).find((name) => firstNonFinite(outputs[name]!) >= 0)
    if (broken === undefined) return outputs
    const { overflowError } = await import('./overflow.ts')
    const again = (names: readonly string[]) => this.executable(sized, names, program).run(inputs)
    throw await overflowError(broken, this.#parts.stages, this.#parts.backend, again)
  }

  /** Frees the model's memory, also in workers and on the GPU. Pending runs reject with a DisposedError. */
  dispose(): void {
    this.#disposed = true
    this.#parts.model.dispose()
    this.#parts.backend.dispose?.()
  }
}
