import { load } from 'vitrine'

const model = load()

/** Classifies the picture that is posted. */
export async function POST(request: Request): Promise<Response> {
  const vit = await model
  return Response.json(await vit.classify(await request.blob()))
}
