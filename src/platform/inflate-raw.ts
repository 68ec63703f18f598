/**
 * Inflates with the stream of browsers and edge runtimes; Vercel's edge runtime has none.
 */
export async function inflateRaw(deflated: Uint8Array): Promise<Uint8Array> {
  if (typeof DecompressionStream === 'undefined') {
    const { inflateSync } = await import('fflate')
    return inflateSync(deflated)
  }
  const stream = new Blob([deflated as BlobPart]).stream()
  const inflated = stream.pipeThrough(new DecompressionStream('deflate-raw'))
  return new Uint8Array(await new Response(inflated).arrayBuffer())
}
