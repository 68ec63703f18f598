import { UnsupportedError } from '../../errors.ts'
import { importOptional } from '../optional.ts'
import type { Tfjs } from './tf.ts'

/** The backends of TensorFlow.js that are known here, the fastest first. */
export const backendNames = ['webgpu', 'webgl', 'wasm', 'cpu'] as const

export interface Choice {
  readonly name: string
  readonly reason: string
}

const install = (...parts: readonly string[]) =>
  `npm install ${parts.map((part) => `@tensorflow/tfjs-${part}`).join(' ')}, or pass the namespace that the program has as { tf }.`

/** Core, as Node (CommonJS behind `default`), Deno and pages with an import map have it. */
export async function importCore(): Promise<Tfjs> {
  const specifier = '@tensorflow/tfjs-core'
  const found = await importOptional<Tfjs & { default?: Tfjs }>(
    specifier,
    install('core', 'backend-wasm'),
  )
  return found.default ?? found
}

/**
 * Makes a backend the one in use: the asked-for one; else what the program has chosen; else the first
 * that is registered or installed and starts.
 * @throws UnsupportedError where there is none, or it has no f32
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
    return { name: current, reason: 'the one in use' }
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

/** Where WebGL renders to textures of f16 only, as on some phones, a ViT's logits are NaN, without a word. */
async function hasF32(tf: Tfjs, name: string): Promise<boolean> {
  return name !== 'webgl' || Boolean(await tf.env().getAsync('WEBGL_RENDER_FLOAT32_ENABLED'))
}

async function requireF32(tf: Tfjs, name: string): Promise<void> {
  if (await hasF32(tf, name)) return
  throw new UnsupportedError(
    "TensorFlow.js's webgl computes in f16 here, which is too narrow for a ViT; use wasm or cpu.",
  )
}

/** Whether it is worth a try; a failed one is written to the console by TensorFlow.js. */
function canRun(name: string): boolean {
  if (name === 'webgpu') return Boolean(globalThis.navigator && 'gpu' in navigator)
  if (name === 'webgl') return typeof OffscreenCanvas === 'function' || typeof document === 'object'
  return true
}
