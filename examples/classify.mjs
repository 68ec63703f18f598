// Names what is in pictures: node examples/classify.mjs [IMAGE…]
import { load } from 'vitrine'

const chelsea = new URL('chelsea.png', import.meta.url)
const images = process.argv.length > 2 ? process.argv.slice(2) : [chelsea]

// Without an argument `load` takes the model that comes with the package: ViT-Ti/16 for ImageNet.
const vit = await load()
for (const image of images) {
  const [best] = await vit.classify(image, { topK: 1 })
  console.log(`${image}: ${best.label} (${(100 * best.probability).toFixed(1)} %)`)
}
vit.dispose()
