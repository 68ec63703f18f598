import { onlyInput } from '../../../src/backends/inputs.ts'
import type { Place, Session, Task } from '../../engine/peer.ts'
import { ONNX_FILE } from '../formats/names.ts'

/** What onnxruntime-node and onnxruntime-web have in common. */
export interface OnnxRuntime {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: number[]) => OnnxTensor
  readonly InferenceSession: {
    create(model: string | Uint8Array, options: Record<string, unknown>): Promise<OnnxSession>
  }
}

interface OnnxTensor {
  readonly data: Float32Array
  dispose(): void
}

interface OnnxSession {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  run(feeds: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>>
  release(): Promise<void>
}

/**
 * A session over the .onnx file of a task; all builds of ONNX Runtime share this interface.
 * @param model the file's content, for a build that opens no files; else it is opened by its name
 */
export async function onnxSession(
  runtime: OnnxRuntime,
  { program, bench }: Task,
  place: Place,
  options: Record<string, unknown>,
  model: string | Uint8Array = place.file(ONNX_FILE),
): Promise<Session> {
  const session = await runtime.InferenceSession.create(model, {
    graphOptimizationLevel: 'all',
    ...options,
  })
  const [rows, columns] = program.values[onlyInput(program).id]!.shape
  const dims = [bench.batch * rows, columns]
  const [input, output] = [session.inputNames[0]!, session.outputNames[0]!]
  return {
    async run(values) {
      const results = await session.run({ [input]: new runtime.Tensor('float32', values, dims) })
      const result = results[output]!
      const copy = result.data.slice()
      result.dispose()
      return copy
    },
    dispose: () => session.release(),
  }
}
