import { normalizeRows } from '../../model/vectors.ts'
import type { Call } from '../call.ts'
import { encodeBase64, imageOfText } from '../http/image-text.ts'
import { type JsonObject, parseObject } from '../http/json.ts'
import { badRequest, quoted, Refusal } from '../http/refusal.ts'
import type { Offer } from '../offer.ts'

/** `POST /v1/embeddings`: images as data: URLs or base64, and texts for models of images and texts. */
export async function embeddings(call: Call): Promise<Response> {
  const { exchange, settings } = call
  const request = readRequest(parseObject(await call.body()), settings.maxItems)
  const model = call.model(request.model)
  const { offer } = model
  const width = widthOf(offer, model.name)
  if (request.dimensions !== undefined && request.dimensions !== width) {
    throw badRequest(
      `The model ${model.name} has embeddings of ${width} numbers, and no shorter ones.`,
    )
  }
  const isImage = request.inputs.map((input) => request.modality === 'image' || isDataUrl(input))
  const texts = request.inputs.filter((_, i) => !isImage[i])
  if (texts.length > 0 && !offer.texts) {
    throw badRequest(
      `The model ${model.name} takes images, and no texts: send data: URLs, or base64 with "modality": "image".`,
    )
  }
  exchange.facts.items = request.inputs.length
  const { signal } = exchange
  const { maxBodyBytes: maxBytes, allowUrls } = settings
  const files = await Promise.all(
    request.inputs
      .filter((_, i) => isImage[i])
      .map((text) => imageOfText(text, { maxBytes, allowUrls, signal })),
  )
  const items = await model.check(files)
  const [ofImages, ofTexts] = await Promise.all([
    model.compute(items, ['embedding'], signal, call.onWaited),
    texts.length === 0 ? [] : model.embedTexts(texts, signal),
  ])
  const images = ofImages.map(({ embedding }) => embedding!)
  const both = { images: images.values(), texts: ofTexts.values() }
  const data = isImage.map((image, index) => {
    const vector = (image ? both.images : both.texts).next().value as Float32Array
    const embedding = normalizeRows(vector, width)
    return {
      object: 'embedding',
      index,
      embedding: request.isBase64 ? encodeBase64(bytesOf(embedding)) : [...embedding],
    }
  })
  const tokens = texts.reduce((sum, text) => sum + tokensOf(offer, text), 0)
  const usage = { prompt_tokens: tokens, total_tokens: tokens }
  return Response.json({ object: 'list', data, model: model.name, usage })
}

interface EmbeddingsRequest {
  readonly model: string | undefined
  readonly inputs: readonly string[]
  readonly modality: 'image' | 'text' | undefined
  readonly isBase64: boolean
  readonly dimensions: number | undefined
}

function readRequest(json: JsonObject, most: number): EmbeddingsRequest {
  const { model, input, modality, encoding_format: format = 'float', dimensions } = json
  for (const name of ['model', 'user'] as const) {
    if (json[name] !== undefined && typeof json[name] !== 'string') {
      throw badRequest(`"${name}" must be a text.`)
    }
  }
  const inputs: readonly unknown[] = Array.isArray(input) ? input : [input]
  if (inputs.length === 0 || !inputs.every((one) => typeof one === 'string' && one !== '')) {
    throw badRequest('"input" must be a text or an array of texts, none of them empty.')
  }
  if (inputs.length > most) {
    throw new Refusal(413, `A request may have ${most} inputs, not ${inputs.length}.`)
  }
  if (modality !== undefined && modality !== 'image' && modality !== 'text') {
    throw badRequest(`"modality" must be image or text, not ${quoted(String(modality))}.`)
  }
  if (format !== 'float' && format !== 'base64') {
    throw badRequest('"encoding_format" must be float or base64.')
  }
  if (dimensions !== undefined && !Number.isSafeInteger(dimensions)) {
    throw badRequest('"dimensions" must be a whole number.')
  }
  return {
    model: model as string | undefined,
    inputs: inputs as string[],
    modality,
    isBase64: format === 'base64',
    dimensions: dimensions as number | undefined,
  }
}

const isDataUrl = (text: string) => /^data:image\//i.test(text)

function widthOf({ outputs }: Offer, name: string): number {
  const { shape } = outputs.find(({ name }) => name === 'embedding')!
  if (shape.length === 1) return shape[0]!
  throw badRequest(`The model ${name} has an embedding of every token, and none of the image.`)
}

function tokensOf({ texts }: Offer, text: string): number {
  const { tokenizer, config } = texts!
  return tokenizer.encode(text, config.maxLength).length
}

/** Little-endian, as clients read it. */
function bytesOf(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i]!, true)
  return bytes
}

/** `GET /v1/models` */
export const listModels = ({ models }: Call): Response =>
  Response.json({
    object: 'list',
    data: [...models.values()].map(({ name, isReady }) => ({
      id: name,
      object: 'model',
      created: 0,
      owned_by: 'vitrine',
      ready: isReady,
    })),
  })
