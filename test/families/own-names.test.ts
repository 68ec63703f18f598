import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../src/checkpoint/plan/metadata.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { official } from '../../src/families/hybrid/names/official.ts'
import { planCheckpoint } from '../../src/families/plan.ts'
import { asSafetensors } from '../checkpoint/models.ts'
import { hybridTensors, smallHybrid } from '../checkpoint/networks.ts'

test("a file with a config of ours may have a publisher's names", async () => {
  const metadata = ownMetadata({ config: smallHybrid, recipe: 'official' })
  const file = await openCheckpoint(await asSafetensors(hybridTensors(official), metadata))
  const plan = await planCheckpoint(file)
  assert.equal(plan.config, smallHybrid)
  assert.ok(plan.pieces.has('blocks.0.query.kernel'))
})

test.run()
