/** Inflates with the stream of browsers. */
export async function inflateRaw(deflated: Uint8Array): Promise<Uint8Array> {
  const { readable, writable } = new DecompressionStream('deflate-raw')
  // Written directly: browsers read a Blob through another process, which takes milliseconds.
  const writer = writable.getWriter()
  const written = writer.write(deflated as BufferSource).then(() => writer.close())
  const inflated = new Response(readable).arrayBuffer()
  const [buffer] = await Promise.all([inflated, written])
  return new Uint8Array(buffer)
}
