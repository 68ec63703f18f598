import * as assert from 'uvu/assert'
import type { CheckpointFile } from '../../src/checkpoint/checkpoint.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { collectBytes } from '../../src/checkpoint/write/safetensors.ts'
import { encodeCheckpoint } from '../../src/families/encode.ts'
import { planOwn } from '../../src/families/own-plan.ts'
import type { CheckpointPlan } from '../../src/families/plan.ts'
import { readAll } from './collect.ts'
import { loadCheckpoint } from './loading.ts'

/**
 * Converts a checkpoint to a file of ours, and that file again: the config and all values stay the same.
 * @returns the first of these files
 */
export async function checkRoundTrip(
  file: CheckpointFile,
  before: CheckpointPlan,
): Promise<CheckpointFile> {
  const bytes = await collectBytes(encodeCheckpoint(file, before, { dtype: 'f32' }))
  const own = await openCheckpoint(bytes)
  const after = (await planOwn(own, {}, {}))!
  assert.equal(after.config, before.config)
  assert.equal(await loadCheckpoint(own, after), await loadCheckpoint(file, before))
  const again = await collectBytes(encodeCheckpoint(own, after, { dtype: 'f32' }))
  const twice = await openCheckpoint(again)
  for (const name of own.tensors.keys()) {
    assert.equal(await readAll(twice, name), await readAll(own, name), name)
  }
  return own
}
