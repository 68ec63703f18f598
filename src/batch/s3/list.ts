import { decodeXML } from 'entities'
import { FormatError, SourceError } from '../../errors.ts'
import { isPicture } from '../../image/picture-names.ts'
import type { Entry } from '../manifest/entry.ts'
import { readUrl } from '../shard/read-url.ts'
import { openBucket, splitS3 } from './store.ts'

/** A page has a thousand keys of at most a kilobyte each. */
const MAX_PAGE_BYTES = 2 ** 23

/**
 * The pictures below `s3://bucket/prefix`, in the store's order. Other objects do not count.
 * @throws SourceError if the store refuses, or there are none; FormatError for an answer that is no list
 */
export async function* imagesInBucket(url: string, signal: AbortSignal): AsyncGenerator<Entry> {
  const { bucket: name, key: prefix } = splitS3(url)
  const bucket = openBucket(name)
  let token: string | undefined
  let count = 0
  do {
    const query = {
      'list-type': '2',
      prefix,
      ...(token !== undefined && { 'continuation-token': token }),
    }
    const page = await readUrl(await bucket.url('', query), MAX_PAGE_BYTES, signal)
    const { keys, next } = parsePage(new TextDecoder().decode(page), url)
    for (const key of keys.filter(isPicture)) {
      count++
      const image = `s3://${name}/${key}`
      yield { image, url: image }
    }
    token = next
  } while (token !== undefined)
  if (count === 0) throw new SourceError(`${url} has no JPEG, PNG or WebP image.`)
}

function parsePage(xml: string, url: string): { keys: string[]; next: string | undefined } {
  if (!/<ListBucketResult[\s>]/.test(xml)) {
    throw new FormatError(`The store's answer for ${url} is no list of a bucket.`)
  }
  const texts = (tag: string, text: string) =>
    [...text.matchAll(new RegExp(`<${tag}>([^<]*)</${tag}>`, 'g'))].map(([, found]) =>
      decodeXML(found!),
    )
  const objects = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, object]) => object!)
  const isTruncated = texts('IsTruncated', xml)[0] === 'true'
  const [next] = texts('NextContinuationToken', xml)
  if (isTruncated && next === undefined) {
    throw new FormatError(`The store's list of ${url} goes on, and does not say where.`)
  }
  return {
    keys: objects.flatMap((object) => texts('Key', object)),
    next: isTruncated ? next : undefined,
  }
}
