import { createHash } from 'node:crypto'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VitrineError } from '../../../src/errors.ts'
import { decodeImage } from '../../../src/image/decode.ts'
import type { RGBImage } from '../../../src/image/image.ts'
import { normalize } from '../../../src/image/preprocess/normalize.ts'
import { fitImage, preprocess } from '../../../src/image/preprocess/preprocess.ts'
import { RECIPES, type RecipeName } from '../../../src/image/preprocess/recipes.ts'
import { sharedBytes, sharedJSON, sharedTest } from '../../shared.ts'

function sha256(values: Uint8Array | Float32Array): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return createHash('sha256').update(bytes).digest('hex')
}

/** The pictures, decoded as the golden results were (EXIF orientation not applied), once each. */
const decoded = new Map<string, Promise<RGBImage>>()

function load(name: string): Promise<RGBImage> {
  const known = decoded.get(name)
  if (known) return known
  const bytes = sharedBytes(`data/images/${name}`)
  const image = name.endsWith('.ppm') ? readPPM(bytes) : decodeImage(bytes, { orientation: false })
  decoded.set(name, Promise.resolve(image))
  return Promise.resolve(image)
}

function readPPM(bytes: Uint8Array): RGBImage {
  const start = String.fromCharCode(...bytes.subarray(0, 40))
  const [head, width, height] = /^P6\s(\d+)\s(\d+)\s255\s/.exec(start)!
  return { width: Number(width), height: Number(height), data: bytes.slice(head.length) }
}

interface Decoded {
  image: string
  pillow: { sha256_rgb?: string; sha256_rgb_unoriented?: string; error?: string }
  tensorflow: { decode_image: { sha256_rgb?: string; error?: string } }
}

/** Where the result is not Pillow's, and why. */
const EXCEPTIONS: Record<string, 'TensorFlow' | RegExp> = {
  // Pillow saturates 16-bit grey; TensorFlow keeps the high byte, and so do we.
  'odd/made_chelsea_gray16.png': 'TensorFlow',
  // Pillow refuses a text chunk that is a bomb; text chunks are not decompressed at all.
  'odd/pillow_png_decompression_dos.png': 'TensorFlow',
  // Its compressed data is damaged, and decoders make different pixels up.
  'odd/pillow_hopper_bad_exif.jpg': /^This JPEG file is damaged: .*extraneous bytes/,
  'odd/pillow_hopper.bmp': /BMP/,
  'odd/pillow_hopper.gif': /GIF/,
}

sharedTest(
  'every file gives the pixels of Pillow, or a typed error where it fails too',
  async () => {
    const { files } = sharedJSON<{ files: Decoded[] }>('golden/preprocess/decode.json')
    let exact = 0
    for (const { image: name, pillow, tensorflow } of files.filter(
      (f) => !f.image.endsWith('ppm'),
    )) {
      for (const orientation of [true, false]) {
        const bytes = sharedBytes(`data/images/${name}`)
        const result = await decodeImage(bytes, { orientation }).catch((error) => error)
        const exception = EXCEPTIONS[name]
        if (exception instanceof RegExp) {
          assert.instance(result, VitrineError, name)
          assert.match(result.message, exception)
        } else if (exception === 'TensorFlow') {
          assert.is(sha256(result.data), tensorflow.decode_image.sha256_rgb, name)
        } else if (pillow.error) {
          assert.instance(result, VitrineError, name)
        } else {
          const expected = orientation ? pillow.sha256_rgb : pillow.sha256_rgb_unoriented
          assert.is(sha256(result.data), expected, name)
          exact++
        }
      }
    }
    assert.is(exact, 148)
  },
)

/** The pipelines made with Pillow; those with torchvision's tensors have another arithmetic. */
const PIPELINES: Record<string, { recipe: RecipeName; size: number }> = {
  timm_vit_tiny_224: { recipe: 'timm', size: 224 },
  timm_384_pct1: { recipe: 'timm-full', size: 384 },
  timm_squash_224_pct09: { recipe: 'timm-squash', size: 224 },
  timm_squash_224_pct1: { recipe: 'timm-squash-full', size: 224 },
  timm_border_224_pct09: { recipe: 'timm-border', size: 224 },
  timm_dinov2_518: { recipe: 'timm-dinov2', size: 518 },
  torchvision_vit_b_16: { recipe: 'torchvision', size: 224 },
  deit_256_224: { recipe: 'deit', size: 224 },
  hf_vit_pil: { recipe: 'huggingface', size: 224 },
  hf_clip_pil: { recipe: 'clip', size: 224 },
  hf_siglip_pil: { recipe: 'siglip', size: 224 },
  hf_dinov2_pil: { recipe: 'dinov2', size: 224 },
  hf_deit_pil: { recipe: 'huggingface-deit', size: 224 },
}

interface Golden {
  official: { cases: { image: string; pixels: string; size: number; sha256: string }[] }
  pipelines: Record<string, { mean: number[]; std: number[] }>
  crops: { image: string; pipeline: string; sha256?: string; error?: string; file?: string }[]
  normalized: { image: string; sha256_full_nhwc: Record<string, string> }
}
const golden = () => sharedJSON<Golden>('golden/preprocess/golden.json')

sharedTest('the official preprocessing is bit for bit that of TensorFlow', async () => {
  // TensorFlow's default JPEG decoder is a faster, coarser one than ours.
  const cases = golden().official.cases.filter(({ pixels }) => pixels !== 'tf_default')
  for (const { image, size, sha256: expected } of cases) {
    const found = preprocess(await load(image), 'official', [size, size])
    assert.is(sha256(found), expected, `${image} ${size}`)
  }
  assert.is(cases.length, 168)
})

sharedTest('timm, torchvision and transformers: every crop is byte for byte theirs', async () => {
  let exact = 0
  for (const { image, pipeline, sha256: expected, error } of golden().crops) {
    const row = PIPELINES[pipeline]
    if (!row) continue
    const { data } = fitImage(await load(image), row.recipe, [row.size, row.size])
    // timm can't make a picture 0 pixels high; here one row stays.
    if (error) assert.is(data.length, row.size * row.size * 3)
    else assert.is(sha256(data), expected, `${image} ${pipeline}`)
    if (!error) exact++
  }
  assert.is(exact, 630)
})

sharedTest('normalised values are bit for bit theirs', async () => {
  const { normalized, pipelines, crops } = golden()
  for (const [pipeline, expected] of Object.entries(normalized.sha256_full_nhwc)) {
    const row = PIPELINES[pipeline]
    if (row) {
      const found = preprocess(await load(normalized.image), row.recipe, [row.size, row.size])
      assert.is(sha256(found), expected, pipeline)
    } else {
      // The torchvision processors of transformers: their own crops, with 255 folded into the mean.
      const crop = crops.find((c) => c.pipeline === pipeline && c.image === normalized.image)!
      const { mean, std } = pipelines[pipeline]! as { mean: never; std: never }
      const bytes = new Uint8Array(sharedBytes(`golden/preprocess/${crop.file}`))
      const found = normalize(bytes, { ...RECIPES.official, mean, std })
      assert.is(sha256(found), expected, pipeline)
    }
  }
})

sharedTest('the recipes have the mean and standard deviation of their pipelines', () => {
  const { pipelines } = golden()
  for (const [pipeline, { recipe }] of Object.entries(PIPELINES)) {
    assert.equal(RECIPES[recipe].mean, pipelines[pipeline]!.mean, pipeline)
    assert.equal(RECIPES[recipe].std, pipelines[pipeline]!.std, pipeline)
  }
})

sharedTest('the inputs of the real Ti/16 are made bit for bit', async () => {
  const { images } = sharedJSON<{ images: string[] }>('golden/vit-tiny-16/golden.json')
  const official = sharedBytes('golden/vit-tiny-16/pixels_google_squash224.f32le.NHWC.bin')
  const timm = sharedBytes('golden/vit-tiny-16/pixels_timm_crop248.u8.NHWC.bin')
  const pixels = 224 * 224 * 3
  for (const [i, name] of images.entries()) {
    const image = await load(`${name.endsWith('.ppm') ? 'imagenet' : 'photos'}/${name}`)
    const squashed = preprocess(image, 'official', [224, 224])
    const expected = new Uint8Array(official.subarray(4 * pixels * i, 4 * pixels * (i + 1)))
    assert.is(sha256(squashed), sha256(expected), name)
    const cropped = fitImage(image, 'timm', [224, 224])
    const crop = new Uint8Array(timm.subarray(pixels * i, pixels * (i + 1)))
    assert.is(sha256(cropped.data), sha256(crop), name)
  }
})

test.run()
