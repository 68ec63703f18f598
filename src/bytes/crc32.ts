/** Tables for four bytes at a time ("slicing by four"), of the reflected polynomial of zip. */
const tables = [0, 1, 2, 3].map(() => new Int32Array(256))
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  tables[0]![byte] = crc
}
for (let byte = 0; byte < 256; byte++) {
  for (let k = 1; k < 4; k++) {
    const previous = tables[k - 1]![byte]!
    tables[k]![byte] = (previous >>> 8) ^ tables[0]![previous & 255]!
  }
}
const [t0, t1, t2, t3] = tables as [Int32Array, Int32Array, Int32Array, Int32Array]

/** CRC-32 of zip and PNG (ISO 3309), continued from `crc`; 0 to begin with. */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let state = ~crc
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    state ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    state =
      t3[state & 255]! ^ t2[(state >>> 8) & 255]! ^ t1[(state >>> 16) & 255]! ^ t0[state >>> 24]!
  }
  for (; at < bytes.length; at++) state = (state >>> 8) ^ t0[(state ^ bytes[at]!) & 255]!
  return ~state >>> 0
}
