/**
 * Makes the model that comes with the package from the official checkpoint:
 *   node --import tsx assets/make-model.ts Ti_16-imagenet2012-224.npz
 */
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { openCheckpoint } from '../src/checkpoint/read/open.ts'
import { encodeCheckpoint } from '../src/checkpoint/write/encode.ts'
import { planCheckpoint } from '../src/families/plan.ts'

const output = fileURLToPath(new URL('vit-ti16-imagenet2012-224.safetensors', import.meta.url))

const metadata = {
  title: 'ViT-Ti/16, ImageNet-21k, fine-tuned on ImageNet-2012 at 224 px',
  source:
    'Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_224',
  license: 'Apache-2.0',
}

async function makeModel(input: string): Promise<void> {
  const file = await openCheckpoint(input)
  const stream = createWriteStream(`${output}.part`)
  for await (const bytes of encodeCheckpoint(file, planCheckpoint(file), {
    dtype: 'int8',
    metadata,
  })) {
    if (!stream.write(bytes)) await once(stream, 'drain')
  }
  stream.end()
  await once(stream, 'finish')
  await rename(`${output}.part`, output)
  await file.close()
}

const [input] = process.argv.slice(2)
if (!input) throw new Error('Give the path of the official checkpoint (.npz).')
await makeModel(input)
console.log(output)
