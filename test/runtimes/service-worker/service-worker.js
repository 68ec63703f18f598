import { load } from 'vitrine/core'

let model

self.onmessage = (event) => event.waitUntil(answer(event.source, event.data))

async function answer(client, picture) {
  model ??= load('/vit-ti16-imagenet2012-224.safetensors')
  const vit = await model
  client.postMessage(await vit.classify(picture))
}
