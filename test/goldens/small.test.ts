import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createWasmBackend } from '../../src/backends/wasm/wasm.ts'
import type { AnyConfig } from '../../src/families/architectures.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { load } from '../../src/index.ts'
import { runnable } from '../backends/wasm/builds/runnable.ts'
import { allBackends, assertWithin } from './model.ts'
import { cases, outputsOf, pixelsOf } from './small-cases.ts'

// What the publishers' own code computes in float64 from the small checkpoints in small/.
const BOUND = 5e-5
/** Of the integer modes, relative to the largest value. The models are narrow, so that every rounding shows. */
const INTEGER_BOUNDS = { int16: 5e-2, int8: 0.25 } as const

for (const backend of await allBackends()) {
  for (const one of cases) {
    test(`${one.publisher} ${one.name} on ${backend.description.split(':')[0]}`, async () => {
      const found = await outputsOf(one, backend)
      for (const [name, expected] of Object.entries(one.outputs)) {
        assertWithin(found[name]!, expected, BOUND, name)
      }
    })
  }
}

for (const { name, relaxed } of runnable) {
  // int16 runs on the plain builds only.
  for (const dtype of (relaxed ? ['int8'] : ['int16', 'int8']) as (keyof typeof INTEGER_BOUNDS)[]) {
    test(`all in ${dtype} on ${name}`, async () => {
      const backend = await createWasmBackend({ dtype, kernels: name })
      for (const one of cases) {
        const found = await outputsOf(one, backend)
        for (const [value, expected] of Object.entries(one.outputs)) {
          const largest = Math.max(...expected.map(Math.abs))
          const bound = INTEGER_BOUNDS[dtype] * largest
          assertWithin(found[value]!, expected, bound, `${one.publisher} ${one.name} ${value}`)
        }
      }
    })
  }
}

test('load infers every config, and its logits are the same', async () => {
  for (const { publisher, url, config, expected, resample, outputs, name } of cases) {
    using vit = await load(fileURLToPath(url), {
      backend: 'reference',
      config,
      ...(resample ? { resample } : {}),
      // Only a folder of transformers says everything of its model.
      onNotice: (text) => assert.is.not(publisher, 'huggingface', text),
    })
    for (const [field, value] of Object.entries({ ...expected, ...config })) {
      assert.equal(vit.config[field as keyof AnyConfig], value, `${name} ${field}`)
    }
    const pixels = pixelsOf(vit.config.imageSize)
    // The pooler's folder has no head; its values are compared above.
    if (vit.config.classes > 0) assertWithin(await vit.logits(pixels), outputs.logits, BOUND, name)
  }
})

test('every choice that a config has stands in some case', () => {
  const seen = (field: keyof ViTConfig) =>
    new Set(cases.map(({ config, expected }) => ({ ...expected, ...config })[field]))
  const choices: Partial<Record<keyof ViTConfig, readonly unknown[]>> = {
    classifier: ['token', 'gap', 'unpooled', 'token_unpooled'],
    gelu: ['tanh', 'erf'],
    eps: [1e-6, 1e-5, 1e-12],
    classToken: [true, false],
    distilled: [true, false],
    qkvBias: [true, false],
    normAfterPool: [true, false],
    classes: [0, 3, 5],
  }
  for (const [field, values] of Object.entries(choices)) {
    const found = seen(field as keyof ViTConfig)
    for (const value of values) assert.ok(found.has(value as never), `${field} ${value}`)
  }
  assert.ok(seen('representation').size > 1)
  for (const field of ['patchSize', 'imageSize'] as const) {
    const found = [...seen(field)] as (readonly [number, number] | undefined)[]
    assert.ok(
      found.some((sides) => sides && sides[0] !== sides[1]),
      `oblong ${field}`,
    )
  }
})

test.run()
