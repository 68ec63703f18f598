import { load } from 'vitrine'

let model

addEventListener('fetch', (event) => event.respondWith(classify(event.request)))

/** Classifies the picture that is posted. */
async function classify(request) {
  model ??= loadFrom(request.url)
  const vit = await model
  return Response.json(await vit.classify(await request.arrayBuffer()))
}

async function loadFrom(origin) {
  const file = await fetch(new URL('/vit-ti16-imagenet2012-224.safetensors', origin))
  return load(file.body)
}
