import type { Refill } from '../backends/backend.ts'
import { placeRegion } from '../backends/weights.ts'
import { allocate } from '../checkpoint/read/dtype.ts'
import { UnsupportedError } from '../errors.ts'
import type { Weight } from '../program/values.ts'

/**
 * Some weights of a model, read from its checkpoint again, each row-major in f32.
 * @throws UnsupportedError where the checkpoint can't be read again; what opening and reading it throws
 */
export async function readWeights<Name extends string>(
  weights: readonly Weight[],
  names: readonly Name[],
  refill: Refill | undefined,
  signal?: AbortSignal,
): Promise<Record<Name, Float32Array>> {
  if (!refill) {
    throw new UnsupportedError(
      "This model came from a stream, which is read only once, so its weights can't be shown; load it from a file, a URL, a Blob or bytes.",
    )
  }
  const shapes = new Map(weights.map(({ name, shape }) => [name, shape]))
  const matrices = new Map<string, Float32Array>(
    names.map((name) => {
      const [rows, columns] = shapes.get(name)!
      return [name, allocate(rows * columns, name)]
    }),
  )
  const write: Parameters<Refill>[0]['write'] = (name, region, start, values) =>
    placeRegion(shapes.get(name)![1], region, start, values, matrices.get(name)!)
  await refill({ write }, { weights: names, signal })
  return Object.fromEntries(matrices) as Record<Name, Float32Array>
}
