/** The reflected polynomial of Castagnoli. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/** CRC-32C of iSCSI and TensorFlow's records (RFC 3720). For short texts: it takes a byte at a time. */
export function crc32c(bytes: Uint8Array): number {
  let state = 0xffffffff
  for (const byte of bytes) state = (state >>> 8) ^ table[(state ^ byte) & 255]!
  return ~state >>> 0
}
