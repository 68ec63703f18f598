import { AwsV4Signer } from 'aws4fetch'
import { platform } from '#platform'
import { ArgumentError } from '../../errors.ts'

/** A bucket of an S3-compatible store, as the usual variables of the environment say. */
export interface Bucket {
  readonly name: string
  /** A URL to read what lies there, signed for a day if there are credentials. */
  url(path: string, query?: Readonly<Record<string, string>>): Promise<string>
}

/** `s3://bucket/key`; the key may be empty, and is taken as it is. */
export function splitS3(url: string): { bucket: string; key: string } {
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/is.exec(url) ?? []
  if (bucket !== undefined) return { bucket, key }
  throw new ArgumentError(`${url} names no bucket; write s3://BUCKET/PREFIX.`)
}

/**
 * Opens a bucket with `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION` and
 * `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL`. Without keys requests are not signed, for public buckets.
 * @throws ArgumentError for half of the keys, or an endpoint that is no URL
 */
export function openBucket(name: string): Bucket {
  const of = (variable: string) => platform.environment(variable) || undefined
  const region = of('AWS_REGION') ?? of('AWS_DEFAULT_REGION') ?? 'us-east-1'
  const endpoint =
    of('AWS_ENDPOINT_URL_S3') ?? of('AWS_ENDPOINT_URL') ?? `https://s3.${region}.amazonaws.com`
  if (!/^https?:/i.test(endpoint) || !URL.canParse(endpoint)) {
    throw new ArgumentError(`The endpoint of S3 must be an http(s) URL, not ${endpoint}.`)
  }
  const accessKeyId = of('AWS_ACCESS_KEY_ID')
  const secretAccessKey = of('AWS_SECRET_ACCESS_KEY')
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new ArgumentError(
      'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together; set both, or none for a public bucket.',
    )
  }
  const sessionToken = of('AWS_SESSION_TOKEN')
  return {
    name,
    async url(path, query = {}) {
      const url = new URL(`${endpoint.replace(/\/+$/, '')}/${encodePath(`${name}/${path}`)}`)
      for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value)
      if (accessKeyId === undefined || secretAccessKey === undefined) return url.href
      const signer = new AwsV4Signer({
        ...{ url: url.href, accessKeyId, secretAccessKey, region },
        ...(sessionToken !== undefined && { sessionToken }),
        service: 's3',
        signQuery: true,
      })
      return (await signer.sign()).url.href
    },
  }
}

/** As stores encode what they compare signatures with: all but letters, digits and `-._~/`. */
const encodePath = (path: string) =>
  path
    .split('/')
    .map(encodeURIComponent)
    .join('/')
    .replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`)
