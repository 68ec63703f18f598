import { load } from 'vitrine'

let model

export default {
  /** Classifies the picture that is posted. */
  async fetch(request, env, context) {
    model ??= loadFrom(env.ASSETS)
    // Others wait for it too, so loading goes on if the client of this request goes away.
    context.waitUntil(model)
    const vit = await model
    return Response.json(await vit.classify(await request.blob()))
  },
}

async function loadFrom(assets) {
  const file = await assets.fetch('https://assets.local/vit-ti16-imagenet2012-224.safetensors')
  return load(file.body)
}
