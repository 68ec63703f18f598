/** Adler-32 (RFC 1950), zlib's checksum. */
export class Adler32 {
  #a = 1
  #b = 0

  add(bytes: Uint8Array): void {
    // As many as keep the sums below 2^32.
    const most = 5552
    for (let at = 0; at < bytes.length; at += most) {
      const end = Math.min(at + most, bytes.length)
      for (let i = at; i < end; i++) {
        this.#a += bytes[i]!
        this.#b += this.#a
      }
      this.#a %= 65521
      this.#b %= 65521
    }
  }

  get value(): number {
    return this.#b * 65536 + this.#a
  }
}
