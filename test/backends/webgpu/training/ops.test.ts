import { test } from 'uvu'
import { openDevice } from '../../../../src/backends/webgpu/device.ts'
import { slicedTiles, tileName } from '../../../../src/backends/webgpu/tiles.ts'
import { createWebgpuTrainingBackend } from '../../../../src/backends/webgpu/training/backend.ts'
import { trainingOperationChecks } from '../../training-operations.ts'
import { lavapipe } from '../adapters.ts'

// Single operations of training on a GPU that is a program.
const missing = /token_embedding|conv2d|group_norm|standardize/
const add = lavapipe ? test : test.skip

for (const [what, check] of Object.entries(trainingOperationChecks)) {
  if (missing.test(what)) continue
  add(what, async () => {
    const backend = await createWebgpuTrainingBackend(lavapipe)
    try {
      await check({ name: 'lavapipe', backend, bound: 3e-6, sizes: [1, 5, 33] })
    } finally {
      backend.dispose!()
    }
  })
}

add('linear_backward, with a tile in slices', async () => {
  const what = 'linear_backward: rows, inner and columns with tails, several images'
  const tile = slicedTiles.at(-1)!
  const device = await openDevice(lavapipe!)
  device.tuning.tile = () => tile
  const backend = await createWebgpuTrainingBackend(lavapipe, device)
  try {
    const subject = { name: tileName(tile), backend, bound: 3e-6, sizes: [70] }
    await trainingOperationChecks[what]!(subject)
  } finally {
    backend.dispose!()
  }
})

test.run()
