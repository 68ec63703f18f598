import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { TensorInfo } from '../../../../src/checkpoint/checkpoint.ts'
import { shapeOf } from '../../../../src/checkpoint/plan/shape.ts'
import { safetensorsHeader } from '../../../../src/checkpoint/write/safetensors.ts'
import { dimsOf } from '../../../../src/families/vit/dims.ts'
import { timm } from '../../../../src/families/vit/names/timm.ts'
import { hasSlot } from '../../../../src/families/vit/slots.ts'
import { variantConfig } from '../../../../src/families/vit/variants.ts'
import { random } from '../../../random.ts'

// What users run: from source, the tools that compile it would be most of what is measured.
const built = new URL('../../../../build/node/index.js', import.meta.url)
const obstacle =
  process.platform !== 'linux'
    ? 'only Linux says how much memory a process had at most'
    : existsSync(built)
      ? undefined
      : 'there is no build/; npm run build'
if (obstacle) console.log(`skipping the memory of a whole process: ${obstacle}`)
const add = obstacle ? test.skip : test

/** A ViT-B/16 of random weights, 346 MB. */
async function writeModel(path: string): Promise<void> {
  const config = variantConfig('ViT-B_16')
  const dims = dimsOf(config, 197)
  const tensors: TensorInfo[] = timm.tensors
    .filter(([name, slot]) => hasSlot(slot, config) && !/^(fc_norm|pre_logits)/.test(name))
    .flatMap(([name, , shape]) =>
      Array.from({ length: name.includes('#') ? config.depth : 1 }, (_, block) => ({
        name: name.replace('#', String(block)),
        dtype: 'f32' as const,
        shape: shapeOf(shape, dims),
      })),
    )
  const next = random(1)
  const noise = Float32Array.from({ length: 1 << 18 }, () => (next() - 0.5) / 10)
  let left = 4 * tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  const file = await open(path, 'w')
  await file.write(safetensorsHeader(tensors))
  for (const bytes = new Uint8Array(noise.buffer); left > 0; left -= bytes.length) {
    await file.write(bytes.subarray(0, left))
  }
  await file.close()
}

/** The high-water mark of a process that loads a model and classifies one image, in bytes. */
function peakOf(path: string, options: object): number {
  const script = `
    import { readFileSync } from 'node:fs'
    import { load } from ${JSON.stringify(built.href)}
    const vit = await load(${JSON.stringify(path)}, ${JSON.stringify(options)})
    const image = { width: 224, height: 224, data: new Uint8Array(224 * 224 * 3).fill(99) }
    await vit.classify(image)
    console.log(/VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1])`
  return 1024 * Number(execFileSync(process.execPath, ['--input-type=module', '--eval', script]))
}

const directory = obstacle ? '' : mkdtempSync(join(tmpdir(), 'vitrine-'))
const path = join(directory, 'b16.safetensors')
test.before(async () => {
  if (!obstacle) await writeModel(path)
})
test.after(() => {
  if (!obstacle) rmSync(directory, { recursive: true })
})

// Of the Node that is started; tests beside this one may have given this process more.
const hasRelaxed = Number.parseInt(process.versions.node, 10) >= 22

// Weights of 346 MB in f32, of 87 in int8 or of 173 where it is computed in 16 bits for want of relaxed
// SIMD; Node itself takes some 55, a worker 30.
for (const [dtype, bound] of [
  ['f32', 480e6],
  ['int8', hasRelaxed ? 240e6 : 320e6],
] as const) {
  for (const threads of [1, 2]) {
    add(`a process with ViT-B/16 in ${dtype}, ${threads} threads, takes ${bound / 1e6} MB`, () => {
      const peak = peakOf(path, { dtype, threads })
      assert.ok(peak <= bound, `${(peak / 1e6).toFixed(0)} MB`)
    })
  }
}

test.run()
