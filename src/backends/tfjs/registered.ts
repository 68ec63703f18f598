import { UnsupportedError } from '../../errors.ts'
import { importOptional } from '../optional.ts'
import type { Tfjs } from './tf.ts'

/** The supported backends of TensorFlow.js, fastest first. */
export const backendNames = ['webgpu', 'webgl', 'wasm', 'cpu'] as const

export interface Choice {
  readonly name: string
  readonly reason: string
}

const install = (...parts: readonly string[]) =>
  `npm install ${parts.map((part) => `@tensorflow/tfjs-${part}`).join(' ')}, or pass the namespace you have as { tf }.`

/** Imports the core package. Node has it as CommonJS behind `default`; Deno and import maps do not. */
export async function importCore(): Promise<Tfjs> {
  const specifier = '@tensorflow/tfjs-core'
  const found = await importOptional<Tfjs & { default?: Tfjs }>(
    specifier,
    install('core', 'backend-wasm'),
  )
  return found.default ?? found
}

/**
 * Activates a backend: the requested one; else the one already active; else the first that is installed and
 * starts.
 * @throws UnsupportedError where none starts, or the chosen one has no f32
 */
export async function chooseBackend(tf: Tfjs, wanted: string | undefined): Promise<Choice> {
  if (wanted !== undefined) {
    await register(tf, wanted)
    if (!(await starts(tf, wanted))) {
      throw new UnsupportedError(`TensorFlow.js can't start its backend ${wanted} here.`)
    }
    await requireF32(tf, wanted)
    return { name: wanted, reason: 'as asked for' }
  }
  const current = tf.getBackend()
  if (current) {
    await requireF32(tf, current)
    return { name: current, reason: 'already active' }
  }
  for (const name of backendNames.filter(canRun)) {
    const there = await register(tf, name).then(
      () => true,
      () => false,
    )
    if (there && (await starts(tf, name)) && (await hasF32(tf, name))) {
      return { name, reason: 'the fastest that is installed and runs here' }
    }
  }
  throw new UnsupportedError(
    `TensorFlow.js has no backend that runs here: ${install('backend-wasm')}`,
  )
}

async function register(tf: Tfjs, name: string): Promise<void> {
  if (Object.hasOwn(tf.engine().registryFactory, name)) return
  await importOptional(`@tensorflow/tfjs-backend-${name}`, install(`backend-${name}`))
  if (Object.hasOwn(tf.engine().registryFactory, name)) return
  throw new UnsupportedError(
    `@tensorflow/tfjs-backend-${name} registered itself with another copy of @tensorflow/tfjs-core; install both in the same version.`,
  )
}

const starts = (tf: Tfjs, name: string): Promise<boolean> => tf.setBackend(name).catch(() => false)

/** Where WebGL renders only to f16 textures, as on some phones, a ViT's logits become NaN without an error. */
async function hasF32(tf: Tfjs, name: string): Promise<boolean> {
  return name !== 'webgl' || Boolean(await tf.env().getAsync('WEBGL_RENDER_FLOAT32_ENABLED'))
}

async function requireF32(tf: Tfjs, name: string): Promise<void> {
  if (await hasF32(tf, name)) return
  throw new UnsupportedError(
    "TensorFlow.js's webgl computes in f16 here, which is too narrow for a ViT; use wasm or cpu.",
  )
}

/** Whether a backend may start. TensorFlow.js logs failed attempts to the console, so obvious ones are skipped. */
function canRun(name: string): boolean {
  if (name === 'webgpu') return Boolean(globalThis.navigator && 'gpu' in navigator)
  if (name === 'webgl') return typeof OffscreenCanvas === 'function' || typeof document === 'object'
  return true
}
