import type { Program } from '../../src/program/program.ts'
import type { Session } from '../lib/peer.ts'

/** A session over the .onnx file of a program; both builds of ONNX Runtime share this interface. */
export async function onnxSession(
  runtime: OnnxRuntime,
  program: Program,
  path: string,
  options: Record<string, unknown>,
): Promise<Session> {
  const session = await runtime.InferenceSession.create(path, {
    graphOptimizationLevel: 'all',
    ...options,
  })
  const dims = [...program.values[program.input]!.shape]
  return {
    async run(pixels) {
      const { logits } = await session.run({ pixels: new runtime.Tensor('float32', pixels, dims) })
      const values = Float32Array.from(logits!.data)
      logits!.dispose()
      return values
    },
    dispose: () => session.release(),
  }
}
