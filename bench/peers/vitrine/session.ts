import type { Backend } from '../../../src/backends/backend.ts'
import { onlyInput } from '../../../src/backends/inputs.ts'
import { wholeRegion } from '../../../src/backends/weights.ts'
import { outputOf } from '../../cases/case.ts'
import type { Place, Session, Task } from '../../engine/peer.ts'
import { readMatrices } from '../formats/matrices.ts'

/** A session on one of this project's backends. */
export async function backendSession(
  backend: Backend,
  { program, bench }: Task,
  place: Place,
): Promise<Session> {
  const model = backend.createModel(program.weights)
  model.prepare?.(program)
  for await (const { weight, values } of readMatrices(program, place)) {
    model.write(weight.name, wholeRegion(weight.shape), 0, values)
  }
  const executable = model.compile(program)
  const { name, shape } = outputOf(program)
  const input = onlyInput(program).name
  const size = shape[0] * shape[1]
  return {
    description: backend.description,
    async run(values) {
      const each = values.length / bench.batch
      const outputs = new Float32Array(size * bench.batch)
      const runs = Array.from({ length: bench.batch }, async (_, i) => {
        const result = await executable.run({ [input]: values.subarray(i * each, (i + 1) * each) })
        outputs.set(result[name]!, i * size)
      })
      await Promise.all(runs)
      return outputs
    },
    dispose: () => model.dispose(),
  }
}
