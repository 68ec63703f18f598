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

type Runtime = 'node' | 'browser'

/**
 * The engines that the flags name, by default all that are installed. In Node, each WebAssembly engine
 * is also measured with V8's 256-bit flag; a page can't set it.
 */
export async function chooseEngines(
  flags: BenchFlags,
  runtime: Runtime,
  signal: AbortSignal,
): Promise<EngineSpec[]> {
  const extra = (await installEngines(flags.with, signal)).filter(runsIn(runtime))
  const named = flags.backends?.map(parseEngine) ?? installedEngines(runtime)
  const all = new Map([...named, ...extra].map((engine) => [engineId(engine), engine]))
  const engines = [...all.values()]
  return flags.flagged && runtime === 'node' ? withFlaggedRows(engines) : engines
}

const runsIn =
  (runtime: Runtime) =>
  ({ peer }: EngineSpec) =>
    (peers[peer].runtimes as readonly Runtime[]).includes(runtime)

/** All installed engines except two that need minutes where the others need a second. */
function installedEngines(runtime: Runtime): EngineSpec[] {
  const slow = ['reference', 'tfjs-cpu']
  return Object.keys(peers)
    .map(parseEngine)
    .filter((engine) => runsIn(runtime)(engine) && !slow.includes(engine.peer))
    .filter((engine) => versionOf(engine) !== undefined)
}

/** The version of an engine; undefined if it is not installed. */
export function versionOf(engine: EngineSpec): string | undefined {
  try {
    return locate(engine).version ?? packageVersion()
  } catch {
    return undefined
  }
}

/** Installs the engines that are not installed yet; `all` means every engine that npm can install. */
export async function installEngines(
  names: readonly string[],
  signal: AbortSignal,
): Promise<EngineSpec[]> {
  const wanted = names.includes('all') ? installable() : names
  const engines = wanted.map(parseEngine)
  for (const engine of engines) {
    note(`installing ${engineId(engine)}, unless it is installed`)
    await installEngine(engine, signal)
  }
  return engines
}

const installable = () =>
  Object.entries(peers).flatMap(([name, { packages }]) =>
    Object.keys(packages).length > 0 ? [name] : [],
  )
