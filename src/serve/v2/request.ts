import { isObject, type JsonObject, parseObject } from '../http/json.ts'
import { badRequest, quoted } from '../http/refusal.ts'

/** The header of the binary tensor extension: how many bytes of a body are JSON. */
export const JSON_LENGTH = 'Inference-Header-Content-Length'

/** A tensor of a request: its values are JSON, or bytes in the order of its datatype. */
export interface InputTensor {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  /** The product of the shape. */
  readonly count: number
  readonly data: { readonly json: unknown } | { readonly bytes: Uint8Array }
}

export interface OutputRequest {
  readonly name: string
  /** Whether its values are to follow the JSON, as bytes; undefined where the request says it for all. */
  readonly binary: boolean | undefined
  /** How many classes are wanted instead of values. */
  readonly classification: number | undefined
}

export interface InferRequest {
  readonly id: string | undefined
  readonly inputs: readonly InputTensor[]
  /** Undefined for all. */
  readonly outputs: readonly OutputRequest[] | undefined
  readonly binaryOutputs: boolean
  /** Milliseconds; undefined without a deadline. */
  readonly timeout: number | undefined
}

/** The parameters of requests that ask for what is not here, by the extension that has them. */
const foreign: Readonly<Record<string, string>> = {
  sequence_id: 'sequences',
  sequence_start: 'sequences',
  sequence_end: 'sequences',
  priority: 'priorities',
}

/** No dimension is larger, so that products of a few are exact. */
const LONGEST = 2 ** 31 - 1

/**
 * Reads the body of an inference request.
 * @param header the value of `Inference-Header-Content-Length`; null without the binary tensor extension
 * @throws Refusal for everything that is not as the protocol has it
 */
export function readInferRequest(body: Uint8Array, header: string | null): InferRequest {
  const length = jsonLength(header, body.length)
  if (header !== null && length === 0) return rawRequest(body)
  const json = parseObject(body.subarray(0, length))
  const { id, inputs, outputs } = json
  if (id !== undefined && typeof id !== 'string') throw badRequest('"id" must be a text.')
  if (!Array.isArray(inputs) || inputs.length === 0) {
    throw badRequest('"inputs" must be an array of one tensor or more.')
  }
  const parameters = parametersOf(json, 'the request')
  for (const [name, what] of Object.entries(foreign)) {
    if (parameters[name]) throw badRequest(`This server has no ${what} (parameter ${name}).`)
  }
  return {
    id,
    inputs: readInputs(inputs, body.subarray(length)),
    outputs: readOutputs(outputs),
    binaryOutputs: flagOf(parameters, 'binary_data_output') ?? false,
    timeout: timeoutOf(parameters),
  }
}

function jsonLength(header: string | null, most: number): number {
  if (header === null) return most
  const length = /^\d{1,15}$/.test(header.trim()) ? Number(header) : -1
  if (length >= 0 && length <= most) return length
  throw badRequest(
    `${JSON_LENGTH} must be a number of bytes up to the body's ${most}, not ${quoted(header)}.`,
  )
}

/** A body without JSON is one encoded image. */
const rawRequest = (bytes: Uint8Array): InferRequest => ({
  id: undefined,
  inputs: [
    { name: 'image', datatype: 'BYTES', shape: [1], count: 1, data: { bytes: withLength(bytes) } },
  ],
  outputs: undefined,
  binaryOutputs: true,
  timeout: undefined,
})

function withLength(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) throw badRequest('The body is empty.')
  const element = new Uint8Array(4 + bytes.length)
  new DataView(element.buffer).setUint32(0, bytes.length, true)
  element.set(bytes, 4)
  return element
}

function readInputs(inputs: readonly unknown[], binary: Uint8Array): InputTensor[] {
  let at = 0
  const tensors = inputs.map((given): InputTensor => {
    if (!isObject(given) || typeof given.name !== 'string') {
      throw badRequest('Every input must be an object with a "name".')
    }
    const { name, datatype } = given
    const what = `the input ${quoted(name)}`
    if (typeof datatype !== 'string') throw badRequest(`${what} needs a "datatype".`)
    const shape = shapeOf(given, what)
    const parameters = parametersOf(given, what)
    refuseSharedMemory(parameters, what)
    const size = parameters.binary_data_size
    const tensor = { name, datatype, shape, count: shape.reduce((all, side) => all * side, 1) }
    if (size === undefined) {
      if (given.data === undefined) throw badRequest(`${what} has no data.`)
      return { ...tensor, data: { json: given.data } }
    }
    if (given.data !== undefined) throw badRequest(`${what} has data both in JSON and in bytes.`)
    if (!Number.isSafeInteger(size) || Number(size) < 0 || at + Number(size) > binary.length) {
      throw badRequest(
        `${what} has a binary_data_size of ${quoted(String(size))}, and ${binary.length - at} bytes are left.`,
      )
    }
    const bytes = binary.subarray(at, at + Number(size))
    at += Number(size)
    return { ...tensor, data: { bytes } }
  })
  if (at === binary.length) return tensors
  throw badRequest(`The body has ${binary.length - at} bytes more than its inputs.`)
}

function shapeOf({ shape }: JsonObject, what: string): number[] {
  const isSide = (side: unknown) =>
    Number.isInteger(side) && Number(side) >= 0 && Number(side) <= LONGEST
  if (!Array.isArray(shape) || shape.length === 0 || shape.length > 8 || !shape.every(isSide)) {
    throw badRequest(
      `${what} needs a "shape" of whole numbers from 0 to ${LONGEST}, at most 8 of them.`,
    )
  }
  const count = shape.reduce((all: number, side: number) => all * side, 1)
  if (count > LONGEST) throw badRequest(`${what} has the shape [${shape}], which is too large.`)
  return shape
}

function readOutputs(outputs: unknown): OutputRequest[] | undefined {
  if (outputs === undefined || (Array.isArray(outputs) && outputs.length === 0)) return undefined
  if (!Array.isArray(outputs)) throw badRequest('"outputs" must be an array.')
  const read = outputs.map((given): OutputRequest => {
    if (!isObject(given) || typeof given.name !== 'string') {
      throw badRequest('Every output must be an object with a "name".')
    }
    const what = `the output ${quoted(given.name)}`
    const parameters = parametersOf(given, what)
    refuseSharedMemory(parameters, what)
    const { classification } = parameters
    if (
      classification !== undefined &&
      !(Number.isSafeInteger(classification) && Number(classification) >= 0)
    ) {
      throw badRequest(`"classification" of ${what} must be a number of classes.`)
    }
    return {
      name: given.name,
      binary: flagOf(parameters, 'binary_data'),
      // Triton's clients send 0 for none.
      classification: Number(classification ?? 0) || undefined,
    }
  })
  const names = new Set<string>()
  for (const { name } of read) {
    if (names.has(name)) throw badRequest(`The output ${quoted(name)} is requested twice.`)
    names.add(name)
  }
  return read
}

function refuseSharedMemory(parameters: JsonObject, what: string): void {
  const name = Object.keys(parameters).find((name) => name.startsWith('shared_memory'))
  if (name) throw badRequest(`This server has no shared memory (${quoted(name)} of ${what}).`)
}

function parametersOf({ parameters }: JsonObject, what: string): JsonObject {
  if (parameters === undefined) return {}
  const isParameter = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value)
  if (isObject(parameters) && Object.values(parameters).every(isParameter)) return parameters
  throw badRequest(`"parameters" of ${what} must be an object of texts, numbers, true and false.`)
}

function flagOf(parameters: JsonObject, name: string): boolean | undefined {
  const value = parameters[name]
  if (value === undefined || typeof value === 'boolean') return value
  throw badRequest(`The parameter ${name} must be true or false.`)
}

/** Clients count in microseconds, and 0 is none. */
function timeoutOf({ timeout }: JsonObject): number | undefined {
  if (timeout === undefined || timeout === 0) return undefined
  if (Number.isSafeInteger(timeout) && Number(timeout) > 0) return Number(timeout) / 1000
  throw badRequest('The parameter timeout must be a whole number of microseconds.')
}
