// jax-js on WebAssembly: the gradient of the forward pass that the bench measures, traced once, image by image.
import { vitProgram } from '../../src/families/vit/program.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import { randomValues, randomWeights } from '../cases/random.ts'
import { jaxForward } from '../peers/jax/forward.ts'
import { jaxPatches } from '../peers/jax/patches.ts'
import { weightArray } from '../peers/jax/product.ts'
import { CLASSES, classOf, LEARNING_RATE, placeOf, readTask, serve } from './serve.ts'

const task = readTask()
// biome-ignore lint/suspicious/noExplicitAny: jax-js has more than the bench's own types say
const jax: any = await placeOf(task).module('@jax-js/jax/dist/index.js')
await jax.init('wasm')
jax.defaultDevice('wasm')
const config = variantConfig(task.variant, { classes: CLASSES })
const program = withoutUnusedRows(withOutputs(vitProgram(config), ['logits']))
const values = randomWeights(program.weights)
// biome-ignore lint/suspicious/noExplicitAny: as above
let weights: any[] = program.weights.map((weight) =>
  weightArray(jax, weight, values.get(weight.name)!),
)
const shape = program.values[program.inputs.pixels!]!.shape
const cut = jax.jit(jaxPatches(program)!)
const forward = jaxForward(jax, program)
// biome-ignore lint/suspicious/noExplicitAny: as above
const loss = (weights: any, patches: any, targets: any) =>
  jax.nn
    .logSoftmax(forward(patches, weights))
    .mul(targets)
    .sum()
    .mul(-1 / task.batch)
const backward = jax.jit(jax.valueAndGrad(loss))
const pictures = Array.from({ length: task.batch }, (_, i) =>
  cut(jax.numpy.array(randomValues(shape[0] * shape[1], `pixels ${i}`), { shape })),
)
const targets = pictures.map((_, i) =>
  jax.numpy.array(
    Float32Array.from({ length: CLASSES }, (_, c) => Number(c === classOf(i))),
    { shape: [1, CLASSES] },
  ),
)
// biome-ignore lint/suspicious/noExplicitAny: as above
let trace: any[] | undefined
await serve(`jax-js 0.1.25, wasm`, async () => {
  let total = 0
  // biome-ignore lint/suspicious/noExplicitAny: as above
  let sum: any[] | undefined
  for (const [i, picture] of pictures.entries()) {
    const [cost, gradients] = backward(
      weights.map((weight) => weight.ref),
      picture.ref,
      targets[i].ref,
    )
    total += cost.dataSync()[0]
    const before = sum
    // biome-ignore lint/suspicious/noExplicitAny: as above
    sum = before ? gradients.map((gradient: any, j: number) => gradient.add(before[j])) : gradients
  }
  const before = trace
  // biome-ignore lint/suspicious/noExplicitAny: as above
  trace = before ? sum!.map((gradient: any, j) => gradient.add(before[j].mul(0.9))) : sum!
  weights = weights.map((weight, j) => weight.sub(trace![j].ref.mul(LEARNING_RATE)))
  return total
})
