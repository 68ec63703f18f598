import { load } from 'vitrine'

const model = load()

self.onmessage = async ({ data }) => {
  const vit = await model
  postMessage(await vit.classify(data))
}
