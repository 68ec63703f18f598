import { type EngineSpec, engineId, parseEngine } from '../engine/spec.ts'
import { locate } from '../install/packages.ts'
import { type PeerName, peerRow, peers } from '../peers/registry.ts'
import type { EngineState } from './plan.ts'

/**
 * Every engine that a page can run, in each of its types, and those named besides.
 * @param vitrine version of this package, which is that of its own engines
 */
export function findEngines(vitrine: string, named: readonly string[] = []): EngineState[] {
  const names = (Object.keys(peers) as PeerName[]).filter(runsInPages)
  const all = names.flatMap((peer) => peerRow(peer).dtypes.map((dtype) => ({ peer, dtype })))
  const ids = [...all.map(engineId), ...named.map((name) => engineId(parseEngine(name)))]
  return [...new Set(ids)].map((id) => stateOf(parseEngine(id), vitrine))
}

function stateOf(engine: EngineSpec, vitrine: string): EngineState {
  const named = { engine: engineId(engine), title: peerRow(engine.peer).title }
  const unsupported = (reason: string) => ({
    ...named,
    obstacle: { status: 'unsupported', reason } as const,
  })
  if (!runsInPages(engine.peer)) return unsupported('it does not run in pages')
  if (engine.wide && engine.peer !== 'wasm') return unsupported('a page can’t set flags of V8')
  try {
    return { ...named, version: locate(engine).version ?? vitrine }
  } catch (error) {
    return { ...named, obstacle: { status: 'missing', reason: (error as Error).message } }
  }
}

const runsInPages = (peer: PeerName) => peerRow(peer).runtimes.includes('browser')
