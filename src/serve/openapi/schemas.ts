import type { ErrorForm } from '../http/error-response.ts'
import type { Settings } from '../options.ts'

const object = (properties: object, required: readonly string[] = Object.keys(properties)) => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
})
const array = (items: object, rest: object = {}) => ({ type: 'array', items, ...rest })
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })

const text = { type: 'string' }
const flag = { type: 'boolean' }
const count = { type: 'integer', minimum: 0 }
const parameters = {
  type: 'object',
  additionalProperties: { type: ['string', 'number', 'boolean'] },
}
const tensorInfo = object({
  name: text,
  datatype: text,
  shape: array({ type: 'integer', minimum: -1 }),
})

export const errorBody = (form: ErrorForm) => ref(form === 'plain' ? 'Error' : 'OpenAIError')

/** The schemas of bodies, with the limits of the server and the names of its models. */
export const schemas = ({ maxItems }: Settings, models: readonly string[]) => ({
  Error: object({ error: text }),
  OpenAIError: object({
    error: object({
      message: text,
      type: text,
      param: { type: ['string', 'null'] },
      code: { type: ['string', 'null'] },
    }),
  }),
  ServerMetadata: object({ name: text, version: text, extensions: array(text) }),
  Live: object({ live: flag }),
  Ready: object({ ready: flag }),
  ModelReady: { ...object({ name: text, ready: flag }) },
  ModelMetadata: object({
    name: text,
    versions: array(text),
    platform: text,
    inputs: array(tensorInfo),
    outputs: array(tensorInfo),
    parameters,
  }),
  InferRequest: object(
    {
      id: text,
      parameters: {
        ...parameters,
        properties: {
          timeout: { ...count, description: 'The deadline in microseconds' },
          binary_data_output: flag,
        },
      },
      inputs: array(
        object(
          {
            name: { enum: ['image', 'pixels', 'prepared', 'text'] },
            datatype: { enum: ['BYTES', 'UINT8', 'FP32'] },
            shape: array({ type: 'integer', minimum: 1 }, { minItems: 1, maxItems: 4 }),
            parameters: { ...parameters, properties: { binary_data_size: count } },
            data: { type: 'array', description: 'Values, flat or nested, row by row' },
          },
          ['name', 'datatype', 'shape'],
        ),
        { minItems: 1, maxItems: 1 },
      ),
      outputs: array(
        object(
          {
            name: { enum: ['logits', 'probabilities', 'embedding'] },
            parameters: {
              ...parameters,
              properties: { binary_data: flag, classification: count },
            },
          },
          ['name'],
        ),
        { uniqueItems: true },
      ),
    },
    ['inputs'],
  ),
  InferResponse: object(
    {
      model_name: text,
      model_version: text,
      id: text,
      outputs: array(
        object(
          {
            name: text,
            datatype: { enum: ['FP32', 'BYTES'] },
            shape: array(count),
            data: array({ type: ['number', 'string'] }),
            parameters,
          },
          ['name', 'datatype', 'shape'],
        ),
      ),
    },
    ['model_name', 'outputs'],
  ),
  ClassifyRequest: object(
    {
      inputs: {
        anyOf: [text, array(text, { minItems: 1, maxItems: maxItems }), object({ image: text })],
        description: 'An image in base64 or as a data: URL, several, or an object with one',
      },
      image: array(
        { type: 'integer', minimum: 0, maximum: 255 },
        { description: 'The bytes of an encoded image, instead of inputs' },
      ),
      parameters: {
        ...object(
          {
            top_k: { type: ['integer', 'null'], minimum: 1 },
            function_to_apply: { enum: ['softmax', 'sigmoid', 'none', null] },
            candidate_labels: {
              anyOf: [text, array(text, { minItems: 1 }), { type: 'null' }],
              description: 'The classes, for a model of images and texts',
            },
            hypothesis_template: { type: ['string', 'null'], pattern: '\\{\\}' },
            multi_label: { type: ['boolean', 'null'] },
          },
          [],
        ),
        additionalProperties: false,
      },
    },
    [],
  ),
  Scores: array(
    object({
      label: text,
      score: { type: 'number' },
      index: count,
    }),
  ),
  EmbeddingsRequest: object(
    {
      model: { ...text, enum: models, description: 'The first by default' },
      input: {
        anyOf: [
          { ...text, minLength: 1 },
          array({ ...text, minLength: 1 }, { minItems: 1, maxItems: maxItems }),
        ],
        description: 'Images as data: URLs, or in base64 with the modality image; texts',
      },
      modality: { enum: ['image', 'text'] },
      encoding_format: { enum: ['float', 'base64'] },
      dimensions: { type: 'integer', minimum: 1 },
      user: text,
    },
    ['input'],
  ),
  EmbeddingsResponse: object({
    object: { const: 'list' },
    data: array(
      object({
        object: { const: 'embedding' },
        index: count,
        embedding: { anyOf: [array({ type: 'number' }), text] },
      }),
    ),
    model: text,
    usage: object({ prompt_tokens: count, total_tokens: count }),
  }),
  ModelList: object({
    object: { const: 'list' },
    data: array(
      object({
        id: text,
        object: { const: 'model' },
        created: count,
        owned_by: text,
        ready: flag,
      }),
    ),
  }),
})
