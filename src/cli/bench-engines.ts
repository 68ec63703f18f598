import { type EngineSpec, engineId, parseEngine, withFlaggedRows } from '../../bench/engine/spec.ts'
import { installEngine } from '../../bench/install/install.ts'
import { locate } from '../../bench/install/packages.ts'
import { peers } from '../../bench/peers/registry.ts'
import type { BenchFlags } from './bench-flags.ts'
import { packageVersion } from './help.ts'
import { note } from './output.ts'

/** What was named, or else what is there; each WebAssembly engine also with V8's flag. */
export async function chooseEngines(flags: BenchFlags, signal: AbortSignal): Promise<EngineSpec[]> {
  const extra = (await installEngines(flags.with, signal)).filter(runsInNode)
  const named = flags.backends?.map(parseEngine) ?? everythingHere()
  const all = new Map([...named, ...extra].map((engine) => [engineId(engine), engine]))
  const engines = [...all.values()]
  return flags.flagged ? withFlaggedRows(engines) : engines
}

const runsInNode = ({ peer }: EngineSpec) =>
  (peers[peer].runtimes as readonly string[]).includes('node')

/** Every engine that is there, but for the two that take minutes for what others do in a second. */
function everythingHere(): EngineSpec[] {
  const slow = ['reference', 'tfjs-cpu']
  return Object.keys(peers)
    .map(parseEngine)
    .filter((engine) => runsInNode(engine) && !slow.includes(engine.peer))
    .filter((engine) => versionOf(engine) !== undefined)
}

/** Undefined where it is not installed. */
export function versionOf(engine: EngineSpec): string | undefined {
  try {
    return locate(engine).version ?? packageVersion()
  } catch {
    return undefined
  }
}

/** Installs what is not there yet. `all` stands for every engine that a package registry has. */
export async function installEngines(
  names: readonly string[],
  signal: AbortSignal,
): Promise<EngineSpec[]> {
  const wanted = names.includes('all') ? installable() : names
  const engines = wanted.map(parseEngine)
  for (const engine of engines) {
    note(`installing ${engineId(engine)}, where it is not there yet`)
    await installEngine(engine, signal)
  }
  return engines
}

const installable = () =>
  Object.entries(peers).flatMap(([name, { packages }]) =>
    Object.keys(packages).length > 0 ? [name] : [],
  )
