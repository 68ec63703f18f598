/** What the document says of a route, beside its parameters in the path and what all routes may refuse. */
export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly [field: string]: unknown
  }[]
  readonly requestBody?: object
  readonly success: Readonly<Record<number, object>>
}

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const json = (name: string) => ({ 'application/json': { schema: ref(name) } })
const ok = (description: string, content: object) => ({ 200: { description, content } })
const bytes = { type: 'string', format: 'binary', minLength: 1 }

const readiness = (name: string) => ({
  200: { description: 'Ready', content: json(name) },
  503: { description: 'Not ready', content: json(name) },
})

const jsonLength = (description: string) => ({
  description,
  schema: { type: 'integer', minimum: 0 },
})

const infer = {
  summary: 'Computes images',
  parameters: [
    {
      name: 'Inference-Header-Content-Length',
      in: 'header',
      required: false,
      ...jsonLength(
        'With the binary tensor extension: how many bytes of the body are JSON; 0 for a body that is an image',
      ),
    },
  ],
  requestBody: {
    required: true,
    content: {
      'application/json': { schema: ref('InferRequest') },
      'application/octet-stream': { schema: bytes },
    },
  },
  success: {
    200: {
      description: 'The outputs; those that are wanted as bytes follow the JSON',
      headers: {
        'Inference-Header-Content-Length': jsonLength(
          'How many bytes of the answer are JSON, if bytes follow',
        ),
      },
      content: { ...json('InferResponse'), 'application/octet-stream': { schema: bytes } },
    },
  },
}

const image = {
  required: true,
  content: {
    'application/json': { schema: ref('ClassifyRequest') },
    'image/jpeg': { schema: bytes },
    'image/png': { schema: bytes },
    'image/webp': { schema: bytes },
    'application/octet-stream': { schema: bytes },
  },
}

const topK = {
  name: 'top_k',
  in: 'query',
  required: false,
  description: 'How many classes, for a body that is an image',
  schema: { type: 'integer', minimum: 1 },
}

const classify = {
  summary: 'Names the most probable classes of an image, in the form of Hugging Face',
  requestBody: image,
  success: ok('The classes, the most probable first; an array of them for several images', {
    'application/json': {
      schema: { anyOf: [ref('Scores'), { type: 'array', items: ref('Scores') }] },
    },
  }),
}

/** By method and path. */
export const operations: Readonly<Record<string, Operation>> = {
  'get /v2': {
    operationId: 'serverMetadata',
    summary: 'Name, version and extensions of the server',
    success: ok('The server', json('ServerMetadata')),
  },
  'get /v2/health/live': {
    operationId: 'serverLive',
    summary: 'Whether the process answers',
    success: ok('It does', json('Live')),
  },
  'get /v2/health/ready': {
    operationId: 'serverReady',
    summary: 'Whether all models are loaded, and the server is not about to end',
    success: readiness('Ready'),
  },
  'get /v2/models/{model}': {
    operationId: 'modelMetadata',
    summary: 'Inputs and outputs of a model; a request has one of the inputs',
    success: ok('The model', json('ModelMetadata')),
  },
  'get /v2/models/{model}/versions/{version}': {
    operationId: 'modelVersionMetadata',
    summary: 'The same for its version',
    success: ok('The model', json('ModelMetadata')),
  },
  'get /v2/models/{model}/ready': {
    operationId: 'modelReady',
    summary: 'Whether a model is loaded',
    success: readiness('ModelReady'),
  },
  'get /v2/models/{model}/versions/{version}/ready': {
    operationId: 'modelVersionReady',
    summary: 'The same for its version',
    success: readiness('ModelReady'),
  },
  'post /v2/models/{model}/infer': { operationId: 'infer', ...infer },
  'post /v2/models/{model}/versions/{version}/infer': { operationId: 'inferVersion', ...infer },
  'post /classify': {
    operationId: 'classify',
    ...classify,
    parameters: [
      { name: 'model', in: 'query', required: false, description: 'The first by default' },
      topK,
    ],
  },
  'post /models/{model}/classify': {
    operationId: 'classifyWith',
    ...classify,
    parameters: [topK],
  },
  'post /v1/embeddings': {
    operationId: 'embeddings',
    summary: 'Embeddings of images, and of texts for models that have them, in the form of OpenAI',
    requestBody: { required: true, content: json('EmbeddingsRequest') },
    success: ok('Vectors of length 1', json('EmbeddingsResponse')),
  },
  'get /v1/models': {
    operationId: 'models',
    summary: 'All models, in the form of OpenAI',
    success: ok('The models', json('ModelList')),
  },
  'get /metrics': {
    operationId: 'metrics',
    summary: 'Metrics for Prometheus',
    success: ok('In its text format', { 'text/plain': { schema: { type: 'string' } } }),
  },
  'get /openapi.json': {
    operationId: 'openApi',
    summary: 'This document',
    success: ok('OpenAPI 3.1', { 'application/json': { schema: { type: 'object' } } }),
  },
  'get /': {
    operationId: 'page',
    summary: 'A page to try the models by hand',
    success: ok('HTML', { 'text/html': { schema: { type: 'string' } } }),
  },
}
