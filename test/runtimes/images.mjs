import { deflateSync } from 'node:zlib'

/**
 * Large images, which a worker decodes: whether an encoded one and its pixels make the same input, what an
 * abort gives, and whether one works after it.
 */
export async function tryImages(load) {
  const [width, height] = [1300, 900]
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * i) >> 7)
  const vit = await load(undefined, { threads: 1 })
  const png = encode(width, height, data)
  const pixels = await vit.pixels({ width, height, data })
  const found = [await vit.pixels(png)]
  const aborted = await vit
    .pixels(encode(6000, 6000, new Uint8Array(108e6)), { signal: AbortSignal.timeout(50) })
    .catch(({ name }) => name)
  found.push(await vit.pixels(png))
  const [{ label }] = await vit.classify(
    new URL('../../examples/grace_hopper.jpg', import.meta.url),
  )
  vit.dispose()
  return { same: found.map((one) => one.every((value, i) => value === pixels[i])), aborted, label }
}

function encode(width, height, data) {
  const rows = new Uint8Array(height * (1 + 3 * width))
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(3 * width * y, 3 * width * (y + 1)), y * (1 + 3 * width) + 1)
  }
  const header = new DataView(new ArrayBuffer(13))
  header.setUint32(0, width)
  header.setUint32(4, height)
  header.setUint16(8, 0x0802)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', new Uint8Array(header.buffer)),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', new Uint8Array()),
  ])
}

function chunk(type, data) {
  const bytes = Buffer.concat([Buffer.alloc(4), Buffer.from(type), data, Buffer.alloc(4)])
  bytes.writeUInt32BE(data.length)
  bytes.writeUInt32BE(crc32(bytes.subarray(4, -4)), bytes.length - 4)
  return bytes
}

function crc32(bytes) {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}
