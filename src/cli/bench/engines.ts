import {
  type EngineSpec,
  engineId,
  parseEngine,
  withFlaggedRows,
} from '../../../bench/engine/spec.ts'
import { installEngine } from '../../../bench/install/install.ts'
import { locate } from '../../../bench/install/packages.ts'
import { peers } from '../../../bench/peers/registry.ts'
import { note } from '../output.ts'
import { packageVersion } from '../package-root.ts'
import type { BenchFlags } from './flags.ts'

/** Where engines run. */
type Runtime = 'node' | 'browser'

/**
 * What was named, or else what is there; in Node, each WebAssembly engine also with V8's flag, which
 * no browser lets a page set.
 */
export async function chooseEngines(
  flags: BenchFlags,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<EngineSpec[]> {
  const extra = (await installEngines(flags.with, signal)).filter(runsIn(runtime))
  const named = flags.backends?.map(parseEngine) ?? everythingHere(runtime)
  const all = new Map([...named, ...extra].map((engine) => [engineId(engine), engine]))
  const engines = [...all.values()]
  return flags.flagged && runtime === 'node' ? withFlaggedRows(engines) : engines
}

const runsIn =
  (runtime: Runtime) =>
  ({ peer }: EngineSpec) =>
    (peers[peer].runtimes as readonly Runtime[]).includes(runtime)

/** Every engine that is there, but for the two that take minutes for what others do in a second. */
function everythingHere(runtime: Runtime): EngineSpec[] {
  const slow = ['reference', 'tfjs-cpu']
  return Object.keys(peers)
    .map(parseEngine)
    .filter((engine) => runsIn(runtime)(engine) && !slow.includes(engine.peer))
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
