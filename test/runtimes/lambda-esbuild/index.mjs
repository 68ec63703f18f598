import { load } from 'vitrine'

// One script has one thread: esbuild does not bundle the scripts of others.
const file = new URL('vit-ti16-imagenet2012-224.safetensors', import.meta.url)
const model = load(file, { threads: 1 })

/** Classifies the picture that is posted to the function's URL. */
export async function handler(event) {
  const vit = await model
  const picture = Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'latin1')
  const classes = await vit.classify(picture)
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(classes),
  }
}
