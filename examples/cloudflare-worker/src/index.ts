import { load, type Prediction, type ViT } from 'vitrine'
import { Refusal, readUpload, refusalOf } from './upload'

interface Env {
  readonly ASSETS: { fetch(url: string): Promise<Response> }
}

interface Context {
  waitUntil(work: Promise<unknown>): void
}

const MODEL = 'https://assets.local/vit-ti16-imagenet2012-224.safetensors'

/** Loaded by the first request; an isolate that lives on keeps it. */
let model: Promise<ViT> | undefined

export default {
  /** `POST` a JPEG, PNG or WebP image, `?top=3` for so many classes. Answers with JSON. */
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    try {
      return Response.json({ predictions: await classify(request, env, context) })
    } catch (error) {
      const { status, message, headers } = refusalOf(error)
      if (status >= 500) console.error(error)
      return Response.json({ error: message }, { status, headers })
    }
  },
}

async function classify(request: Request, env: Env, context: Context): Promise<Prediction[]> {
  const topK = Number(new URL(request.url).searchParams.get('top') ?? 5)
  if (!(Number.isInteger(topK) && topK >= 1)) {
    throw new Refusal(400, 'top is a whole number from 1.')
  }
  const [vit, image] = await Promise.all([loadOnce(env, context), readUpload(request)])
  return vit.classify(image, { topK })
}

function loadOnce(env: Env, context: Context): Promise<ViT> {
  if (!model) {
    model = loadModel(env)
    model.catch(() => {
      // The next request tries again.
      model = undefined
    })
    // Others wait for it too, so it must go on if the client of this request goes away.
    context.waitUntil(model.catch(() => {}))
  }
  return model
}

async function loadModel(env: Env): Promise<ViT> {
  const file = await env.ASSETS.fetch(MODEL)
  if (!file.ok || !file.body) throw new Error(`${MODEL}: HTTP ${file.status}; npm run model`)
  // int8 takes half the memory of f32.
  return load(file.body, { dtype: 'int8' })
}
