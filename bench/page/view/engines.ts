import type { Dtype } from '../../engine/peer.ts'

/** How an engine looks, everywhere the same. */
export interface Look {
  readonly colour: string
  /** Of areas: rows with flags, certain kernels or other types are paler than the plain engine. */
  readonly opacity: number
  readonly dash: string | undefined
  readonly symbol: 'circle' | 'square' | 'diamond'
}

/** Relatives have neighbouring hues; `report.css` has the colours, for light and dark. */
const known = [
  'wasm',
  'webgpu',
  'tfjs',
  'reference',
  'ort-node',
  'ort-web',
  'ort-webgpu',
  'litert',
  'litert-webgpu',
  'tfjs-wasm',
  'tfjs-webgpu',
  'tfjs-webgl',
  'tfjs-cpu',
  'jax',
  'candle',
]

/** @param engine as on the command line: `litert@2.5.3:int8:wide` */
export function lookOf(engine: string, dtype: Dtype): Look {
  const [head, ...modifiers] = engine.split(':')
  const peer = head!.split('@')[0]!
  const build = modifiers.some((word) => word !== dtype)
  return {
    colour: known.includes(peer) ? `var(--vr-${peer})` : `var(--vr-other-${hash(peer) % 3})`,
    opacity: (build ? 0.5 : 1) * (dtype === 'f32' ? 1 : 0.75),
    dash: build ? '5 3' : dtype === 'f32' ? undefined : '1.5 3',
    symbol: dtype === 'f32' ? (build ? 'diamond' : 'circle') : 'square',
  }
}

function hash(text: string): number {
  let value = 0
  for (const character of text) value = (31 * value + character.codePointAt(0)!) % 65_521
  return value
}
