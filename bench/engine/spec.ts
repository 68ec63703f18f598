import { ArgumentError } from '../../src/errors.ts'
import { type PeerName, peers } from '../peers/registry.ts'
import { type Dtype, dtypes } from './peer.ts'

/** An engine as the command line names it: `litert@2.5.3:int8:wide`. */
export interface EngineSpec {
  readonly peer: PeerName
  /** Of the package; the one of the table where it is not given. */
  readonly version?: string
  readonly dtype: Dtype
  /** Of our own kernels: the build, instead of what the machine runs best. */
  readonly kernels?: string
  /**
   * 256 bits through V8's flag. Ours decides by itself unless told `narrow`; another engine's process
   * is started with the flag for `wide`.
   */
  readonly wide?: boolean
}

/** Of our own engines. */
const builds: { readonly [peer in PeerName]?: readonly string[] } = {
  wasm: ['simd8', 'simd16', 'relaxed8', 'relaxed16', 'dot8', 'dot16'],
  webgpu: ['matrices'],
}

/**
 * Reads `PEER[@VERSION][:dtype][:wide|:narrow][:build]`.
 * @throws ArgumentError naming what there is
 */
export function parseEngine(text: string): EngineSpec {
  const [head, ...modifiers] = text.split(':')
  const [peer, version] = head!.split('@') as [string, string | undefined]
  if (!Object.hasOwn(peers, peer)) {
    throw new ArgumentError(
      `There is no engine ${JSON.stringify(peer)}; there are ${Object.keys(peers).join(', ')}.`,
    )
  }
  let spec: EngineSpec = { peer: peer as PeerName, dtype: 'f32', ...(version && { version }) }
  const own = peer === 'wasm'
  for (const word of modifiers) {
    const dtype = dtypes.find((known) => known === word)
    if (dtype) spec = { ...spec, dtype }
    else if (builds[spec.peer]?.includes(word)) spec = { ...spec, kernels: word }
    else if (own && word === 'narrow') spec = { ...spec, wide: false }
    else if (!own && peers[spec.peer].webAssembly && word === 'wide') spec = { ...spec, wide: true }
    else
      throw new ArgumentError(`${text}: ${peer} has no ${JSON.stringify(word)}. ${grammar(peer)}`)
  }
  const row = peers[spec.peer]
  if (!(row.dtypes as readonly Dtype[]).includes(spec.dtype)) {
    throw new ArgumentError(`${text}: ${peer} computes in ${row.dtypes.join(', ')} here.`)
  }
  return spec
}

/** The same text for the same engine. */
export function engineId({ peer, version, dtype, kernels, wide }: EngineSpec): string {
  return [
    version ? `${peer}@${version}` : peer,
    ...(dtype === 'f32' ? [] : [dtype]),
    ...(kernels ? [kernels] : []),
    ...(wide === undefined ? [] : [wide ? 'wide' : 'narrow']),
  ].join(':')
}

function grammar(peer: string): string {
  const { dtypes, webAssembly } = peers[peer as PeerName]
  const wide = peer === 'wasm' ? ['narrow'] : webAssembly ? ['wide'] : []
  return `It has ${[...dtypes, ...wide, ...(builds[peer as PeerName] ?? [])].join(', ')}.`
}

/** V8's pass that fuses pairs of 128-bit operations into 256-bit ones. */
export const WIDE_FLAG = '--experimental-wasm-revectorize'

/** The flags with which an engine's process is started. */
export function nodeFlags({ peer, wide }: EngineSpec): string[] {
  return wide && peer !== 'wasm' ? [WIDE_FLAG] : []
}

/**
 * Our own backend sets a flag of V8 for itself. What is fair to the others is to show them with it
 * too: adds to every WebAssembly engine its row with the flag.
 */
export function withFlaggedRows(engines: readonly EngineSpec[]): EngineSpec[] {
  const ours = engines.some(
    ({ peer, wide, kernels }) => peer === 'wasm' && wide !== false && !kernels,
  )
  if (!ours) return [...engines]
  const all = engines.flatMap((spec) =>
    spec.peer !== 'wasm' && peers[spec.peer].webAssembly && spec.wide === undefined
      ? [spec, { ...spec, wide: true }]
      : [spec],
  )
  return [...new Map(all.map((spec) => [engineId(spec), spec])).values()]
}
