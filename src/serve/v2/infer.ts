import type { Call } from '../call.ts'
import { readInputTensor } from './inputs.ts'
import { requireVersion, VERSION } from './metadata.ts'
import { inferResponse, outputTensors, planOutputs, wantedOf } from './outputs.ts'
import { JSON_LENGTH, readInferRequest } from './request.ts'

/** `POST /v2/models/{model}/infer` */
export async function infer(call: Call): Promise<Response> {
  const { exchange, settings } = call
  const model = call.model(call.params.model)
  requireVersion(call.params.version, model.name)
  // A model that is not loaded needs no body.
  const { outputs, labels } = model.offer
  const body = await call.body()
  const request = readInferRequest(body, exchange.request.headers.get(JSON_LENGTH))
  if (request.timeout !== undefined) exchange.endWithin(request.timeout)
  const { signal } = exchange
  const inputs = await readInputTensor(request.inputs, model, settings, signal)
  const isText = 'texts' in inputs
  const available = isText ? outputs.filter(({ name }) => name === 'embedding') : outputs
  const plan = planOutputs(request, available)
  exchange.facts.items = isText ? inputs.texts.length : inputs.images.length
  const computed = isText
    ? (await model.embedTexts(inputs.texts, signal)).map((embedding) => ({ embedding }))
    : await model.compute(inputs.images, wantedOf(plan), signal, call.onWaited)
  const head = {
    model_name: model.name,
    model_version: VERSION,
    ...(request.id !== undefined && { id: request.id }),
  }
  return inferResponse(head, outputTensors(plan, computed, labels))
}
