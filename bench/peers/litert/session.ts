import { onlyInput } from '../../../src/backends/inputs.ts'
import { UnsupportedError } from '../../../src/errors.ts'
import type { Place, Session, Task } from '../../engine/peer.ts'
import { TFLITE_FILE } from '../formats/names.ts'

interface LiteRt {
  loadLiteRt(path: string, options: { threads: boolean }): Promise<unknown>
  loadAndCompile(model: Uint8Array, options: object): Promise<CompiledModel>
  readonly Tensor: new (data: Float32Array, shape: number[]) => LiteRtTensor
}

interface LiteRtTensor {
  data(): Promise<Float32Array>
  delete(): void
}

interface CompiledModel {
  /** What it came to, which may be less than what was asked for. */
  readonly options: { readonly accelerator: string }
  readonly isFullyAccelerated: boolean
  run(input: LiteRtTensor[]): Promise<LiteRtTensor[]>
  delete(): void
}

/**
 * A session over the .tflite file of a task.
 * @throws UnsupportedError where LiteRT.js says an error while it compiles or runs; by itself it goes
 *   on then, and gives what happens to lie in memory
 */
export async function litertSession(
  { program, bench }: Task,
  place: Place,
  accelerator: 'wasm' | 'webgpu',
): Promise<Session> {
  const scripts = place.asset('@litertjs/core/wasm')
  if (place.runtime === 'node') (await import('./node.ts')).actAsWorker(scripts)
  const check = listen()
  const { loadLiteRt, loadAndCompile, Tensor } = await place.module<LiteRt>(
    '@litertjs/core/dist/index.js',
  )
  const onGpu = accelerator === 'webgpu'
  const threads = !onGpu && bench.threads > 1
  await loadLiteRt(scripts, { threads }).catch((cause: Error) => {
    // It has threads only with relaxed SIMD and shared memory.
    throw threads ? new UnsupportedError(`LiteRT.js: ${cause.message}`, { cause }) : cause
  })
  const model = await loadAndCompile(await place.read(TFLITE_FILE), {
    accelerator,
    // Half precision is its default there.
    ...(onGpu
      ? { gpuOptions: { precision: 'fp32' } }
      : { cpuOptions: { numThreads: bench.threads } }),
  })
  check()
  if (onGpu && !(model.isFullyAccelerated && model.options.accelerator === 'webgpu')) {
    throw new UnsupportedError('LiteRT.js does not run all of this model on the GPU.')
  }
  const [rows, columns] = program.values[onlyInput(program).id]!.shape
  const dims = [bench.batch * rows, columns]
  return {
    async run(values) {
      const input = new Tensor(values, dims)
      const [output] = await model.run([input])
      check()
      const result = await output!.data()
      input.delete()
      output!.delete()
      return result
    },
    dispose: () => model.delete(),
  }
}

/**
 * Has LiteRT.js say here what it would say on the console, before it is loaded.
 * @returns a function that throws what was said of errors until then
 */
function listen(): () => void {
  const errors: string[] = []
  const printErr = (line: string) => {
    if (line.startsWith('ERROR: ')) errors.push(line.slice('ERROR: '.length))
  }
  Object.assign(globalThis, { Module: { print() {}, printErr } })
  return () => {
    const [first] = errors
    if (first) throw new UnsupportedError(`LiteRT.js could not run this model: ${first}.`)
  }
}
