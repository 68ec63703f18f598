import { joinBytes } from '../../bytes/join.ts'
import { largest } from '../../model/predictions.ts'
import { badRequest, quoted } from '../http/refusal.ts'
import type { Computed, Offer, OutputInfo, Wanted } from '../offer.ts'
import { type InferRequest, JSON_LENGTH, type OutputRequest } from './request.ts'

/** An output of an answer. */
export interface OutputTensor {
  readonly name: string
  readonly datatype: 'FP32' | 'BYTES'
  readonly shape: readonly number[]
  readonly values: Float32Array | readonly string[]
  readonly isBinary: boolean
}

export interface OutputPlan extends OutputInfo {
  readonly isBinary: boolean
  readonly classification: number | undefined
}

/**
 * What a request wants of a model.
 * @param available the outputs that its input has
 * @throws Refusal for outputs that the model does not have
 */
export function planOutputs(
  { outputs, binaryOutputs }: InferRequest,
  available: readonly OutputInfo[],
): OutputPlan[] {
  const all: readonly OutputRequest[] =
    outputs ?? available.map(({ name }) => ({ name, binary: undefined, classification: undefined }))
  return all.map(({ name, binary, classification }) => {
    const info = available.find((one) => one.name === name)
    if (!info) {
      const names = available.map(({ name }) => name).join(', ')
      throw badRequest(`There is no output ${quoted(name)}; there is ${names}.`)
    }
    if (classification !== undefined && (name === 'embedding' || info.shape.length > 1)) {
      throw badRequest(`The output ${name} has no classes.`)
    }
    return { ...info, isBinary: binary ?? binaryOutputs, classification }
  })
}

/** The tensors of several images. */
export function outputTensors(
  plan: readonly OutputPlan[],
  computed: readonly Computed[],
  labels: Offer['labels'],
): OutputTensor[] {
  return plan.map(({ name, shape, isBinary, classification }) => {
    const rows = computed.map((one) => one[name]!)
    if (classification === undefined) {
      const values = joinFloats(rows)
      return { name, datatype: 'FP32', shape: [rows.length, ...shape], values, isBinary }
    }
    const top = rows.flatMap((row) => classes(row, classification, labels))
    const most = Math.min(classification, shape[0]!)
    return { name, datatype: 'BYTES', shape: [rows.length, most], values: top, isBinary }
  })
}

/** The classification extension: `value:index`, and `:label` where classes have names. */
function classes(row: Float32Array, most: number, labels: Offer['labels']): string[] {
  return Array.from(largest(row, most), (index) => {
    const label = labels?.[index]
    return `${row[index]!.toFixed(6)}:${index}${label === undefined ? '' : `:${label}`}`
  })
}

export const wantedOf = (plan: readonly OutputPlan[]): Wanted[] => plan.map(({ name }) => name)

/** The answer: JSON, and behind it the tensors that are wanted as bytes. */
export function inferResponse(
  head: { readonly model_name: string; readonly model_version: string; readonly id?: string },
  tensors: readonly OutputTensor[],
): Response {
  const bytes = tensors.map(({ isBinary, values }) => (isBinary ? bytesOf(values) : undefined))
  const outputs = tensors.map(({ name, datatype, shape, values }, i) => {
    const size = bytes[i]?.length
    const rest =
      size === undefined
        ? { data: values instanceof Float32Array ? [...values] : values }
        : { parameters: { binary_data_size: size } }
    return { name, datatype, shape, ...rest }
  })
  const binary = bytes.filter((part) => part !== undefined)
  if (binary.length === 0) return Response.json({ ...head, outputs })
  const json = new TextEncoder().encode(JSON.stringify({ ...head, outputs }))
  return new Response(joinBytes([json, ...binary]), {
    headers: {
      'Content-Type': 'application/octet-stream',
      [JSON_LENGTH]: String(json.length),
    },
  })
}

function bytesOf(values: OutputTensor['values']): Uint8Array {
  if (values instanceof Float32Array) {
    const bytes = new Uint8Array(4 * values.length)
    const view = new DataView(bytes.buffer)
    for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i]!, true)
    return bytes
  }
  const encoder = new TextEncoder()
  return joinBytes(
    values.flatMap((text) => {
      const bytes = encoder.encode(text)
      const length = new Uint8Array(4)
      new DataView(length.buffer).setUint32(0, bytes.length, true)
      return [length, bytes]
    }),
  )
}

function joinFloats(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const row of rows) {
    all.set(row, at)
    at += row.length
  }
  return all
}
