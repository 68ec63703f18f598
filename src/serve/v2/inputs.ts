import { imageOfText } from '../http/image-text.ts'
import { badRequest, quoted, Refusal } from '../http/refusal.ts'
import type { Offer } from '../offer.ts'
import type { Settings } from '../options.ts'
import type { Item, ServedModel } from '../served-model.ts'
import { byteElements, flatValues, floats, octets } from './elements.ts'
import type { InputTensor } from './request.ts'

/** What a request may bring, one of them: its name, datatype and shape, -1 where any number is right. */
export interface InputInfo {
  readonly name: 'image' | 'pixels' | 'prepared' | 'text'
  readonly datatype: 'BYTES' | 'UINT8' | 'FP32'
  readonly shape: readonly number[]
}

export const inputsOf = ({ input, texts }: Pick<Offer, 'input' | 'texts'>): InputInfo[] => [
  { name: 'image', datatype: 'BYTES', shape: [-1] },
  { name: 'pixels', datatype: 'UINT8', shape: [-1, -1, -1, 3] },
  { name: 'prepared', datatype: 'FP32', shape: [-1, ...input] },
  ...(texts ? [{ name: 'text', datatype: 'BYTES', shape: [-1] } as const] : []),
]

/** The images or the texts of a request. */
export type Inputs = { readonly images: readonly Item[] } | { readonly texts: readonly string[] }

/**
 * Reads the tensor of a request.
 * @throws Refusal for inputs that the model does not have, or whose shape or values are wrong; what checking an image's
 *   header throws
 */
export async function readInputTensor(
  tensors: readonly InputTensor[],
  model: ServedModel,
  settings: Settings,
  signal: AbortSignal,
): Promise<Inputs> {
  const known = inputsOf(model.offer)
  const names = known.map(({ name, datatype }) => `${name} (${datatype})`).join(', ')
  if (tensors.length > 1) {
    throw badRequest(`A request has one input, not ${tensors.length}: one of ${names}.`)
  }
  const [tensor] = tensors as [InputTensor]
  const info = known.find(({ name }) => name === tensor.name)
  if (!info) {
    throw badRequest(`There is no input ${quoted(tensor.name)}; there is ${names}.`)
  }
  if (info.datatype !== tensor.datatype) {
    throw badRequest(
      `The input ${info.name} has the datatype ${info.datatype}, not ${quoted(tensor.datatype)}.`,
    )
  }
  checkShape(info, tensor, settings.maxItems)
  const { maxBodyBytes: maxBytes, allowUrls } = settings
  switch (info.name) {
    case 'image': {
      const files =
        'bytes' in tensor.data
          ? byteElements(tensor)
          : await Promise.all(
              flatValues(tensor).map((text) => imageOfText(text, { maxBytes, allowUrls, signal })),
            )
      return { images: await model.check(files) }
    }
    case 'text':
      return { texts: textsOf(tensor) }
    case 'pixels':
      return { images: pictures(tensor, settings.maxPixels) }
    case 'prepared':
      return { images: preparedImages(tensor) }
  }
}

function checkShape({ name, shape }: InputInfo, tensor: InputTensor, most: number): void {
  const isRight =
    tensor.shape.length === shape.length &&
    tensor.shape.every((side, i) => side >= 1 && (shape[i] === -1 || shape[i] === side))
  if (!isRight) {
    throw badRequest(
      `The input ${name} has the shape [${shape}], -1 standing for any number from 1, not [${tensor.shape}].`,
    )
  }
  if (tensor.shape[0]! <= most) return
  throw new Refusal(413, `A request may have ${most} images or texts, not ${tensor.shape[0]}.`)
}

function textsOf(tensor: InputTensor): string[] {
  if ('bytes' in tensor.data) {
    const decoder = new TextDecoder()
    return byteElements(tensor).map((bytes) => decoder.decode(bytes))
  }
  return flatValues(tensor).map((text) => {
    if (typeof text === 'string') return text
    throw badRequest('The data of "text" must be texts.')
  })
}

function pictures(tensor: InputTensor, maxPixels: number): Item[] {
  const [count, height, width] = tensor.shape as [number, number, number]
  if (width * height > maxPixels) {
    throw new Refusal(413, `An image has ${width * height} pixels, the limit is ${maxPixels}.`)
  }
  const data = octets(tensor)
  const size = height * width * 3
  return Array.from({ length: count }, (_, i) => ({
    image: { width, height, data: data.subarray(i * size, (i + 1) * size) },
  }))
}

function preparedImages(tensor: InputTensor): Item[] {
  const values = floats(tensor)
  const wrong = values.findIndex((value) => !Number.isFinite(value))
  if (wrong >= 0) throw badRequest(`Value ${wrong} of "prepared" is ${values[wrong]}.`)
  const size = values.length / tensor.shape[0]!
  return Array.from({ length: tensor.shape[0]! }, (_, i) => ({
    prepared: values.slice(i * size, (i + 1) * size),
  }))
}
