import type { Dtype, Format, Peer } from '../engine/peer.ts'

/** The forms in which a model is written for engines. */
export const formats = {
  matrices: () => import('./formats/matrices.ts'),
  onnx: () => import('./formats/onnx/model.ts'),
  'onnx-gpu': () => import('./formats/onnx/gpu.ts'),
  tflite: () => import('./formats/tflite/model.ts'),
  'tflite-gpu': () => import('./formats/tflite/gpu.ts'),
  safetensors: () => import('./formats/safetensors.ts'),
} as const satisfies Record<string, () => Promise<{ format: Format }>>

/** A row of the table of engines. */
export interface PeerRow {
  /** What it is, for people. */
  readonly title: string
  readonly adapter: () => Promise<{ peer: Peer }>
  readonly format: keyof typeof formats
  readonly dtypes: readonly Dtype[]
  readonly runtimes: readonly ('node' | 'browser')[]
  /**
   * Whether its kernels are WebAssembly, so that V8's flag for 256 bits reaches them: where this
   * project sets the flag for itself, these are also run with it.
   */
  readonly webAssembly: boolean
  /** What is installed for it, exact versions; the first is the engine itself. */
  readonly packages: Readonly<Record<string, string>>
  /** Files that are put among the installed packages: what makes them run here. */
  readonly patches?: Readonly<Record<string, string>>
  /**
   * For an engine that no package registry has: what is built beside this file, and how. Its `place`
   * begins there instead of at `node_modules`.
   */
  readonly built?: { readonly path: string; readonly hint: string }
}

const tfjs = '4.22.0'

/** Its scripts are CommonJS inside a package that says it is not. */
const litertPatches = { '@litertjs/core/wasm/package.json': '{ "type": "commonjs" }' }

export const peers = {
  wasm: {
    title: 'vitrine, WebAssembly',
    adapter: () => import('./vitrine/wasm.ts'),
    format: 'matrices',
    dtypes: ['f32', 'int16', 'int8'],
    runtimes: ['node', 'browser'],
    webAssembly: true,
    packages: {},
  },
  webgpu: {
    title: 'vitrine, WebGPU',
    adapter: () => import('./vitrine/webgpu.ts'),
    format: 'matrices',
    dtypes: ['f32', 'f16'],
    runtimes: ['node', 'browser'],
    webAssembly: false,
    packages: {},
  },
  tfjs: {
    title: 'vitrine, on TensorFlow.js’s WebGPU device',
    adapter: () => import('./vitrine/tfjs.ts'),
    format: 'matrices',
    dtypes: ['f32'],
    runtimes: ['node', 'browser'],
    webAssembly: false,
    packages: { '@tensorflow/tfjs-core': tfjs, '@tensorflow/tfjs-backend-webgpu': tfjs },
  },
  reference: {
    title: 'vitrine, float64 in TypeScript',
    adapter: () => import('./vitrine/reference.ts'),
    format: 'matrices',
    dtypes: ['f32'],
    runtimes: ['node', 'browser'],
    webAssembly: false,
    packages: {},
  },
  'ort-node': {
    title: 'ONNX Runtime, native addon',
    adapter: () => import('./onnxruntime/node.ts'),
    format: 'onnx',
    dtypes: ['f32', 'int8'],
    runtimes: ['node'],
    webAssembly: false,
    packages: { 'onnxruntime-node': '1.30.0' },
  },
  'ort-node-webgpu': {
    title: 'ONNX Runtime, native addon, WebGPU',
    adapter: () => import('./onnxruntime/node-webgpu.ts'),
    format: 'onnx-gpu',
    dtypes: ['f32'],
    runtimes: ['node'],
    webAssembly: false,
    packages: { 'onnxruntime-node': '1.30.0' },
  },
  'ort-web': {
    title: 'ONNX Runtime Web, WebAssembly',
    adapter: () => import('./onnxruntime/web.ts'),
    format: 'onnx',
    dtypes: ['f32', 'int8'],
    runtimes: ['node', 'browser'],
    webAssembly: true,
    packages: { 'onnxruntime-web': '1.30.0' },
  },
  'ort-webgpu': {
    title: 'ONNX Runtime Web, WebGPU',
    adapter: () => import('./onnxruntime/webgpu.ts'),
    format: 'onnx-gpu',
    dtypes: ['f32'],
    runtimes: ['node', 'browser'],
    webAssembly: false,
    packages: { 'onnxruntime-web': '1.30.0' },
  },
  litert: {
    title: 'LiteRT.js, WebAssembly (XNNPACK)',
    adapter: () => import('./litert/wasm.ts'),
    format: 'tflite',
    dtypes: ['f32', 'int8'],
    runtimes: ['node', 'browser'],
    webAssembly: true,
    packages: { '@litertjs/core': '2.5.3' },
    patches: litertPatches,
  },
  'litert-webgpu': {
    title: 'LiteRT.js, WebGPU',
    adapter: () => import('./litert/webgpu.ts'),
    format: 'tflite-gpu',
    dtypes: ['f32'],
    runtimes: ['browser'],
    webAssembly: false,
    packages: { '@litertjs/core': '2.5.3' },
    patches: litertPatches,
  },
  'tfjs-wasm': {
    title: 'TensorFlow.js, WebAssembly',
    adapter: () => import('./tfjs/wasm.ts'),
    format: 'matrices',
    dtypes: ['f32'],
    runtimes: ['node', 'browser'],
    webAssembly: true,
    packages: { '@tensorflow/tfjs-core': tfjs, '@tensorflow/tfjs-backend-wasm': tfjs },
  },
  'tfjs-webgpu': {
    title: 'TensorFlow.js, WebGPU',
    adapter: () => import('./tfjs/webgpu.ts'),
    format: 'matrices',
    dtypes: ['f32'],
    runtimes: ['node', 'browser'],
    webAssembly: false,
    packages: { '@tensorflow/tfjs-core': tfjs, '@tensorflow/tfjs-backend-webgpu': tfjs },
  },
  'tfjs-webgl': {
    title: 'TensorFlow.js, WebGL',
    adapter: () => import('./tfjs/webgl.ts'),
    format: 'matrices',
    dtypes: ['f32'],
    runtimes: ['browser'],
    webAssembly: false,
    packages: { '@tensorflow/tfjs-core': tfjs, '@tensorflow/tfjs-backend-webgl': tfjs },
  },
  'tfjs-cpu': {
    title: 'TensorFlow.js, plain JavaScript',
    adapter: () => import('./tfjs/cpu.ts'),
    format: 'matrices',
    dtypes: ['f32'],
    runtimes: ['node', 'browser'],
    webAssembly: false,
    packages: { '@tensorflow/tfjs-core': tfjs, '@tensorflow/tfjs-backend-cpu': tfjs },
  },
  jax: {
    title: 'jax-js, WebAssembly',
    adapter: () => import('./jax/jax.ts'),
    format: 'matrices',
    dtypes: ['f32'],
    runtimes: ['node', 'browser'],
    webAssembly: true,
    packages: { '@jax-js/jax': '0.1.25' },
  },
  candle: {
    title: 'candle (Rust), WebAssembly',
    adapter: () => import('./candle/candle.ts'),
    format: 'safetensors',
    dtypes: ['f32'],
    runtimes: ['node', 'browser'],
    webAssembly: true,
    packages: {},
    built: { path: 'candle/pkg/candle_vit.js', hint: 'npm run build:candle (needs Rust)' },
  },
} as const satisfies Record<string, PeerRow>

export type PeerName = keyof typeof peers

export function peerRow(name: PeerName): PeerRow {
  return peers[name]
}
