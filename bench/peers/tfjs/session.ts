import { onlyInput } from '../../../src/backends/inputs.ts'
import { dialectOf } from '../../../src/backends/tfjs/dialects.ts'
import { inputTensors, lower, weightShape } from '../../../src/backends/tfjs/lower/lower.ts'
import type { Tfjs } from '../../../src/backends/tfjs/tf.ts'
import { outputOf } from '../../cases/case.ts'
import type { Place, Session, Task } from '../../engine/peer.ts'
import { readMatrices } from '../formats/matrices.ts'

type BackendName = 'webgpu' | 'webgl' | 'wasm' | 'cpu'

/**
 * Core and one backend, which finds the same core. In Node, what `require` of the packages gives: it
 * has no ES modules that Node can import. In a page, the builds for `<script>`, imported as modules,
 * which leave themselves in `globalThis.tf`: the ES modules are hundreds of files without endings,
 * and import packages that are none (`seedrandom`, `long`).
 */
export async function importTfjs<Backend>(
  place: Place,
  name: BackendName,
): Promise<{ tf: Tfjs; backend: Backend }> {
  const file = (part: string, build: string) => `@tensorflow/tfjs-${part}/dist/tf-${part}.${build}`
  const [core, backend] = ['core', `backend-${name}`] as const
  if (place.runtime === 'node') {
    const { default: tf } = await place.module<{ default: Tfjs }>(file(core, 'node.js'))
    const found = await place.module<{ default: Backend }>(file(backend, 'node.js'))
    return { tf, backend: found.default }
  }
  await place.module(file(core, 'es2017.min.js'))
  await place.module(file(backend, 'es2017.min.js'))
  const { tf } = globalThis as unknown as { tf: Tfjs & { wasm: Backend } }
  return { tf, backend: tf.wasm }
}

/** A session on the backend in use, with the operations that this project's own path through it takes. */
export async function tfjsSession(
  tf: Tfjs,
  name: BackendName,
  { program, bench: { batch } }: Task,
  place: Place,
): Promise<Session> {
  const tensors: ReturnType<Tfjs['tensor']>[] = []
  for await (const { weight, values } of readMatrices(program, place)) {
    tensors.push(tf.tensor(values, weightShape(weight)))
  }
  const steps = lower(tf, dialectOf(tf, name), program, (id) => tensors[id]!, batch)
  const output = outputOf(program).id
  const { name: inputName } = onlyInput(program)
  return {
    async run(input) {
      const values = inputTensors(tf, program, { [inputName]: input }, batch)
      for (const step of steps) step.run(values)
      const result = values.get(output)!
      const data = await result.data()
      result.dispose()
      return data
    },
    dispose() {
      for (const tensor of tensors) tensor.dispose()
    },
  }
}
