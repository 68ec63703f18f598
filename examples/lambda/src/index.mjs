import { load, VitrineError } from 'vitrine'

// A function of up to 1,769 MB has one processor: one thread, which is this one.
const options = { dtype: 'int8', threads: 1 }

// Lambda runs this while it starts the process, with a whole processor whatever the function's memory. All
// requests of the process share the model; the first picture is the slowest, so it is a blank one.
const vit = await load(new URL('vit-ti16-imagenet2012-224.safetensors', import.meta.url), options)
await vit.classify({ width: 1, height: 1, data: new Uint8Array(3) })

/** What the client did wrong, by the `code` of vitrine's errors; everything else is a fault of ours. */
const STATUS = { FORMAT: 400, LIMIT: 413, UNSUPPORTED: 415, MEMORY: 503 }

/**
 * Classifies the picture that is posted to the function's URL or through an API Gateway, `?top=3` for so many
 * classes. Answers with JSON.
 */
export async function handler(event) {
  const method = event.requestContext?.http?.method ?? event.httpMethod
  if (method !== 'POST') {
    return answer(405, { error: 'POST a JPEG, PNG or WebP image.' }, { allow: 'POST' })
  }
  if (!event.body)
    return answer(400, { error: 'The body is empty; send a JPEG, PNG or WebP image.' })
  if (!event.isBase64Encoded) {
    return answer(415, { error: 'Send the image with its content type, such as image/jpeg.' })
  }
  const topK = Number(event.queryStringParameters?.top ?? 5)
  if (!(Number.isInteger(topK) && topK >= 1)) {
    return answer(400, { error: 'top is a whole number from 1.' })
  }
  try {
    const predictions = await vit.classify(Buffer.from(event.body, 'base64'), { topK })
    return answer(200, { predictions })
  } catch (error) {
    const status = error instanceof VitrineError ? STATUS[error.code] : undefined
    if (status) return answer(status, { error: error.message })
    console.error(error)
    return answer(500, { error: 'The picture could not be classified.' })
  }
}

const answer = (statusCode, body, headers = {}) => ({
  statusCode,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
