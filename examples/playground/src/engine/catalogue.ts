import { listPublished } from 'vitrine/hub'
import type { PublishedRow } from './types.ts'

/** The published checkpoints that run here. Nothing is requested. */
export async function catalogue(url: string | undefined): Promise<PublishedRow[]> {
  const rows = await listPublished('', { url })
  return rows
    .filter(({ runs }) => runs)
    .map(({ name, variant, dataset, resolution, parameters, top1, bytes, cached }) => ({
      ...{ name, variant, dataset, resolution, parameters, top1, bytes, cached },
    }))
}

/**
 * The size of a repository's weights on Hugging Face, or on a mirror of it, before they are fetched.
 * @param name `hf:org/name`, `hf:org/name@revision:file`
 * @returns bytes; undefined where the server does not say
 */
export async function sizeOnHub(
  name: string,
  url: string | undefined,
): Promise<number | undefined> {
  const [, repository, revision = 'main', file = 'model.safetensors'] =
    /^hf:([^@:]+)(?:@([^:]+))?(?::(.+))?$/.exec(name) ?? []
  if (repository === undefined) throw new Error(`A name looks like hf:org/name, not ${name}.`)
  const base = (url ?? 'https://huggingface.co').replace(/\/+$/, '')
  const said = await sizeInApi(
    `${base}/api/models/${repository}/revision/${revision}?blobs=true`,
    file,
  )
  if (said !== undefined) return said
  for (const path of [`${repository}/resolve/${revision}/${file}`, `${repository}/${file}`]) {
    const response = await fetch(`${base}/${path}`, { method: 'HEAD' })
    const length = response.headers.get('Content-Length')
    if (response.ok) return length === null ? undefined : Number(length)
  }
  throw new Error(`There is no ${file} in ${repository}.`)
}

async function sizeInApi(url: string, file: string): Promise<number | undefined> {
  const response = await fetch(url)
  if (!response.ok) return undefined
  const said = (await response.json().catch(() => ({}))) as {
    siblings?: { rfilename: string; size?: number }[]
  }
  return said.siblings?.find(({ rfilename }) => rfilename === file)?.size
}
