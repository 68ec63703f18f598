import { load } from 'vitrine'
import { hashInt16 } from './int16.mjs'
import bytes from './public/vit-ti16-imagenet2012-224.safetensors'

const file = 'vit-ti16-imagenet2012-224.safetensors'

// No request has come yet: there is no network, no timer and no clock.
const started = await load(bytes, { dtype: 'int8' })

/** All that a Worker can read a model from. */
const sources = {
  assets: async ({ ASSETS }) => (await ASSETS.fetch(`https://assets.local/${file}`)).body,
  kv: ({ KV }) => KV.get('model', 'arrayBuffer'),
  'kv, a stream': ({ KV }) => KV.get('model', 'stream'),
  r2: async ({ BUCKET }) => (await BUCKET.get('model')).body,
  url: (_, url) => new URL(url.searchParams.get('model')),
  'a text with a url': (_, url) => url.searchParams.get('model'),
}

export default {
  /** GET: int16's hashes by source. POST: what the model that was loaded at the start says of a picture. */
  async fetch(request, env) {
    if (request.method === 'POST') {
      return Response.json(await started.classify(await request.blob()))
    }
    await env.KV.put('model', bytes)
    await env.BUCKET.put('model', bytes)
    const url = new URL(request.url)
    const found = {}
    for (const [name, source] of Object.entries(sources)) {
      const options = { threads: [1], kernels: [undefined], source: () => source(env, url) }
      found[name] = await hashInt16(load, options)
    }
    found.nothing = await load().catch(({ code, message }) => `${code} ${message}`)
    found.published = await load('B_16').catch(({ code, message }) => `${code} ${message}`)
    return Response.json(found)
  },
}
