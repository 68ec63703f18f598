import { onlyInput } from '../../../src/backends/inputs.ts'
import { SourceError, UnsupportedError } from '../../../src/errors.ts'
import type { ViTConfig } from '../../../src/families/vit/config.ts'
import type { Shape } from '../../../src/program/values.ts'
import type { Peer, Place, Task } from '../../engine/peer.ts'
import { imageClassifier, MODEL } from '../formats/safetensors.ts'

/** What `npm run build:candle` makes of `candle/src/lib.rs`. */
interface Candle {
  default(options: { module_or_path: string }): Promise<unknown>
  initSync(options: { module: Uint8Array }): unknown
  readonly Vit: new (file: Uint8Array, config: string, labels: number) => Vit
}

interface Vit {
  forward(pixels: Float32Array, batch: number): Float32Array
  free(): void
}

/** candle's own ViT (Rust), compiled to WebAssembly: always the full graph, on one thread. */
export const peer: Peer = {
  async load(task, place) {
    const config = supportedConfig(task)
    const { Vit } = await candle(place)
    const { program, bench } = task
    const { batch } = bench
    const image = program.values[onlyInput(program).id]!.shape
    const [positions, channels] = image
    const vit = new Vit(await place.read(MODEL), candleConfig(config, channels), config.classes)
    const planes = new Float32Array(batch * positions * channels)
    return {
      async run(pixels) {
        toPlanes(pixels, image, planes)
        return vit.forward(planes, batch)
      },
      dispose: () => vit.free(),
    }
  },
}

function supportedConfig({ bench, dtype }: Task): ViTConfig {
  const { name, threads } = bench
  const config = imageClassifier(bench)
  if (!config) {
    throw new UnsupportedError(
      `${name}: candle's ViT is a whole one with a class token and a linear head, nothing else.`,
    )
  }
  const { imageSize, patchSize } = config
  if (imageSize[0] !== imageSize[1] || patchSize[0] !== patchSize[1]) {
    throw new UnsupportedError(`${name}: candle's ViT takes square images and patches only.`)
  }
  if (threads > 1)
    throw new UnsupportedError(`candle has one thread in WebAssembly, not ${threads}.`)
  if (dtype !== 'f32') throw new UnsupportedError(`candle's ViT computes in f32, not ${dtype}.`)
  return config
}

async function candle(place: Place): Promise<Candle> {
  const module = await place.module<Candle>('candle/pkg/candle_vit.js').catch((cause) => {
    throw new SourceError(
      'candle is not built. Run `npm run build:candle` in a checkout (it needs Rust).',
      { cause },
    )
  })
  const wasm = place.asset('candle/pkg/candle_vit_bg.wasm')
  if (place.runtime === 'browser') {
    await module.default({ module_or_path: wasm })
  } else {
    const { readFile } = await import('node:fs/promises')
    module.initSync({ module: await readFile(wasm) })
  }
  return module
}

/** In the words of Hugging Face's config.json, which candle reads. */
function candleConfig(config: ViTConfig, channels: number): string {
  return JSON.stringify({
    hidden_size: config.width,
    num_hidden_layers: config.depth,
    num_attention_heads: config.heads,
    intermediate_size: config.mlpWidth,
    hidden_act: { erf: 'gelu', tanh: 'gelu_pytorch_tanh' }[config.gelu],
    layer_norm_eps: config.eps,
    image_size: config.imageSize[0],
    patch_size: config.patchSize[0],
    num_channels: channels,
    qkv_bias: config.qkvBias,
  })
}

/** `[batch, positions, channels]` to `[batch, channels, positions]`. */
function toPlanes(pixels: Float32Array, [positions, channels]: Shape, planes: Float32Array): void {
  for (let image = 0; image < pixels.length; image += positions * channels) {
    for (let channel = 0; channel < channels; channel++) {
      const plane = image + channel * positions
      for (let i = 0; i < positions; i++) {
        planes[plane + i] = pixels[image + channels * i + channel]!
      }
    }
  }
}
