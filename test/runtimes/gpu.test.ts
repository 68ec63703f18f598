import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { drivers } from '../backends/webgpu/adapters.ts'
import { assertGolden, checkpoints, gpuBounds, photographs } from '../goldens/photograph.ts'
import { hasShared, sharedPath } from '../shared.ts'

// The built package on the GPU of Deno, whose compiler of WGSL is another than that of Node and
// Chromium: real weights and a real photograph against float64.
const deno = process.env.VITRINE_DENO ?? 'deno'
const script = fileURLToPath(new URL('./gpu.mjs', import.meta.url))
const built = existsSync(new URL('../../build/node/index.js', import.meta.url))

for (const [name, dtype] of [
  ['SwiftShader', 'f32'],
  ['llvmpipe', 'f16'],
] as const) {
  const driver = drivers.find((one) => one.name === name)?.icd
  const obstacle = obstacleOf(driver)
  if (obstacle) console.log(`skipping Deno on ${name}: ${obstacle}`)
  const add = obstacle ? test.skip : test
  add(`Ti/16 in Deno on ${name}, ${dtype}`, () => {
    const files = [checkpoints.tanh, photographs].map(sharedPath)
    const { status, stdout, stderr } = spawnSync(
      deno,
      ['run', '--allow-all', script, ...files, dtype],
      { timeout: 120_000, env: { ...process.env, VK_ICD_FILENAMES: driver } },
    )
    assert.is(status, 0, stderr.toString())
    const { name: backend, description, logits } = JSON.parse(stdout.toString())
    assert.is(backend, 'webgpu', description)
    assert.match(description, name)
    assertGolden(Float32Array.from(logits), 'tanh', gpuBounds[dtype])
  })
}

function obstacleOf(driver: string | undefined): string | undefined {
  if (!hasShared) return 'there are no real weights beside the project'
  if (!built) return 'there is no build/; npm run build'
  if (!driver) return 'its driver is not here'
  if (deno === '' || spawnSync(deno, ['--version']).status !== 0) return 'there is no Deno'
  return undefined
}

test.run()
