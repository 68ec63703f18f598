import { openCheckpoint } from '../../../src/checkpoint/read/open.ts'
import { describeCheckpoint } from '../../../src/families/describe.ts'
import { planCheckpoint } from '../../../src/families/plan.ts'
import { beside } from '../../text/files-beside.ts'

/** The plan of a checkpoint with JSON files beside it. */
export async function besideFiles(bytes: Uint8Array, files: Readonly<Record<string, object>>) {
  const file = await openCheckpoint(bytes)
  const encoded = Object.entries(files).map(([name, json]) => [
    name,
    new TextEncoder().encode(JSON.stringify(json)),
  ])
  const neighbours = beside(Object.fromEntries(encoded))
  const description = await describeCheckpoint(file, { neighbours }, {}, { notice: () => {} })
  return { file, plan: await planCheckpoint(file, {}, { description }) }
}
