import { largest } from '../../model/predictions.ts'
import type { Call } from '../call.ts'
import { imageOfText } from '../http/image-text.ts'
import { isObject, type JsonObject, parseObject } from '../http/json.ts'
import { badRequest, Refusal } from '../http/refusal.ts'
import type { Offer } from '../offer.ts'
import { type Parameters, readParameters } from './parameters.ts'
import { sigmoid } from './scores.ts'

/** A class of an answer, in Hugging Face's form. */
export interface Score {
  readonly label: string
  readonly score: number
  /** The class's position in the model's head, or among the candidates. */
  readonly index: number
}

/** An image in the body of a request, or several in one of JSON. */
interface Body {
  readonly files: readonly Uint8Array[]
  /** Whether an array of answers is wanted. */
  readonly isArray: boolean
  readonly parameters: Parameters
}

/** `POST /classify`: raw bytes of an image, or `{inputs: base64, parameters}`. */
export async function classify(call: Call): Promise<Response> {
  const { exchange } = call
  const query = new URL(exchange.request.url).searchParams
  const model = call.model(call.params.model ?? query.get('model') ?? undefined)
  const { offer } = model
  const { files, isArray, parameters } = await readRequest(call, await call.body())
  const { candidateLabels, template, multiLabel } = parameters
  const items = await model.check(files)
  exchange.facts.items = items.length
  const { signal } = exchange
  let answers: Score[][]
  if (candidateLabels) {
    const labels = candidateLabels
    answers = await Promise.all(
      items.map(async (item) => {
        const scores = await model.zeroShot(item, { labels, template, multiLabel }, signal)
        return top(scores, parameters.topK ?? labels.length, labels)
      }),
    )
  } else {
    const { output, apply } = scoring(offer, parameters, model.name)
    const computed = await model.compute(items, [output], signal, call.onWaited)
    answers = computed.map((one) => top(apply(one[output]!), parameters.topK ?? 5, offer.labels))
  }
  return Response.json(isArray ? answers : answers[0])
}

function top(scores: Float32Array, most: number, labels: Offer['labels']): Score[] {
  return Array.from(largest(scores, most), (index) => ({
    label: labels?.[index] ?? String(index),
    score: scores[index]!,
    index,
  }))
}

function scoring(offer: Offer, { apply }: Parameters, name: string) {
  const has = (wanted: string) => offer.outputs.some((output) => output.name === wanted)
  if (!has('probabilities')) {
    const instead = offer.texts ? 'give parameters.candidate_labels' : 'see /v1/embeddings'
    throw badRequest(`The model ${name} has no classes of its own: ${instead}.`)
  }
  const same = (values: Float32Array) => values
  if (apply === undefined || (apply === 'softmax' && !offer.multiLabel)) {
    return { output: 'probabilities', apply: same } as const
  }
  if (!has('logits')) {
    throw badRequest(`The model ${name} gives probabilities only; leave function_to_apply out.`)
  }
  return { output: 'logits', apply: apply === 'sigmoid' ? sigmoid : same } as const
}

async function readRequest(call: Call, body: Uint8Array): Promise<Body> {
  const ofPath = parametersOfPath(call.exchange.request.url)
  if (!isJson(call.exchange.request, body)) {
    if (body.length === 0) throw badRequest('The body must be an image, and it is empty.')
    return { files: [body], isArray: false, parameters: readParameters(ofPath) }
  }
  const json = parseObject(body)
  const { parameters = {} } = json
  if (!isObject(parameters)) throw badRequest('"parameters" must be an object.')
  // What is read of both is right, whichever counts.
  readParameters(ofPath)
  const read = readParameters({ ...ofPath, ...parameters })
  return { ...(await imagesOf(json, call)), parameters: read }
}

/** What stands behind the question mark. */
function parametersOfPath(url: string): JsonObject {
  const topK = new URL(url).searchParams.get('top_k')
  return topK === null ? {} : { top_k: /^\d{1,15}$/.test(topK) ? Number(topK) : topK }
}

function isJson(request: Request, body: Uint8Array): boolean {
  const type = request.headers.get('content-type') ?? ''
  return /^application\/([\w.-]+\+)?json\b/i.test(type) || body[0] === '{'.charCodeAt(0)
}

async function imagesOf(
  { inputs, image }: JsonObject,
  { settings, exchange }: Call,
): Promise<Omit<Body, 'parameters'>> {
  const { maxBodyBytes: maxBytes, allowUrls, maxItems } = settings
  if (image !== undefined) {
    if (inputs !== undefined) throw badRequest('A body has "inputs" or "image", not both.')
    return { files: [bytesOfNumbers(image)], isArray: false }
  }
  const isArray = Array.isArray(inputs)
  // Hugging Face's client sends an image with labels as an object.
  const one = isObject(inputs) ? inputs.image : inputs
  const texts: readonly unknown[] = isArray ? inputs : [one]
  if (inputs === undefined || texts.length === 0) {
    throw badRequest('A body of JSON needs "inputs": an image in base64, or an array of them.')
  }
  if (texts.length > maxItems) {
    throw new Refusal(413, `A request may have ${maxItems} images, not ${texts.length}.`)
  }
  const options = { maxBytes, allowUrls, signal: exchange.signal }
  const files = await Promise.all(texts.map((text) => imageOfText(text, options)))
  return { files, isArray }
}

function bytesOfNumbers(numbers: unknown): Uint8Array {
  const isByte = (one: unknown) => Number.isInteger(one) && Number(one) >= 0 && Number(one) <= 255
  if (Array.isArray(numbers) && numbers.every(isByte)) return Uint8Array.from(numbers)
  throw badRequest('"image" must be the bytes of an encoded image, numbers from 0 to 255.')
}
