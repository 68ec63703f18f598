import { load } from 'vitrine'

let model

export default {
  /** Classifies the picture that is posted. */
  async fetch(request, env) {
    model ??= loadFrom(env.ASSETS)
    const vit = await model
    return Response.json(await vit.classify(await request.blob()))
  },
}

async function loadFrom(assets) {
  const file = await assets.fetch('https://assets.local/vit-ti16-imagenet2012-224.safetensors')
  return load(file.body)
}
