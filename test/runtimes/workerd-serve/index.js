import { load } from 'vitrine'
import { createServer } from 'vitrine/serve'

let server

export default {
  async fetch(request, env) {
    server ??= createServer({ tiny: () => loadFrom(env) }, { maxBodyBytes: 5_000_000, warmUp: 0 })
    await server.ready()
    return server.fetch(request)
  },
}

async function loadFrom({ ASSETS }) {
  const file = await ASSETS.fetch('https://assets.local/vit-ti16-imagenet2012-224.safetensors')
  return load(file.body)
}
