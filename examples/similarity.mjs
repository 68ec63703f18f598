// Tells how alike pictures look to the model: node examples/similarity.mjs IMAGE IMAGE…
import { load } from 'vitrine'

const names = ['chelsea.png', 'coffee.png', 'rocket.jpg', 'grace_hopper.jpg']
const own = names.map((name) => new URL(name, import.meta.url))
const images = process.argv.length > 3 ? process.argv.slice(2) : own

/** From -1 to 1; 1 for vectors of the same direction, whatever their lengths. */
function cosineSimilarity(a, b) {
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

const vit = await load()
const embeddings = []
for (const image of images) embeddings.push(await vit.embed(image))
vit.dispose()

for (const a of embeddings) {
  console.log(embeddings.map((b) => cosineSimilarity(a, b).toFixed(3).padStart(7)).join(''))
}
