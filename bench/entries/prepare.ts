import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Case, caseProgram, type Graph } from '../cases/case.ts'
import { caseWeights } from '../cases/weights.ts'
import type { Dtype } from '../engine/peer.ts'
import { formats } from '../peers/registry.ts'

/** What this process is to write, and where. */
export interface Preparation {
  readonly bench: Case
  readonly graph: Graph
  readonly dtype: Dtype
  readonly format: keyof typeof formats
  readonly folder: string
}

// The entry of the process that writes a model's files: neither the time nor the memory that takes
// is charged to an engine.
const { bench, graph, dtype, format: name, folder } = JSON.parse(process.argv[2]!) as Preparation
process.once('disconnect', () => process.exit())
process.on('SIGINT', () => {})
write()
  .then(() => process.exit(0))
  .catch((error: Error) => {
    console.error(`Error: ${error.message}`)
    process.exit(1)
  })

async function write(): Promise<void> {
  const { format } = await formats[name]()
  const program = caseProgram(bench, graph)
  const weights = await caseWeights(bench, program)
  mkdirSync(folder, { recursive: true })
  const handles = new Map<string, number>()
  for (const [file, piece] of format.files({ bench, program, dtype }, weights)) {
    if (!handles.has(file)) handles.set(file, openSync(join(folder, file), 'w'))
    // One call writes two gigabytes at most.
    for (let at = 0; at < piece.length; ) {
      at += writeSync(handles.get(file)!, piece, at, Math.min(1 << 30, piece.length - at))
    }
  }
  for (const handle of handles.values()) closeSync(handle)
}
