import { load } from 'vitrine'

const model = load()

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
