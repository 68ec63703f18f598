import { type ImageModel, load } from 'vitrine'

let model: Promise<ImageModel> | undefined

/** Classifies the picture that is posted. */
export async function POST(request: Request): Promise<Response> {
  model ??= load()
  const vit = await model
  return Response.json(await vit.classify(await request.blob()))
}
