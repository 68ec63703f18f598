import { platform } from '#platform'
import type { Hasher } from '../platform/platform.ts'

/**
 * An incremental SHA-256: the runtime's if it has one. Browsers can hash only bytes that are completely in memory,
 * which a checkpoint should not be.
 */
export async function createSha256(): Promise<Hasher> {
  return platform.sha256 ? platform.sha256() : new Sha256()
}

const blockBytes = 64

/** Bits of the fractional parts of roots of the first primes: square roots, then cube roots. */
const initial = new Int32Array(8)
const rounds = new Int32Array(64)
for (let found = 0, n = 2; found < 64; n++) {
  if (Array.from({ length: n - 2 }, (_, i) => n % (i + 2)).includes(0)) continue
  const bits = (root: number) => ((root - Math.floor(root)) * 2 ** 32) | 0
  if (found < 8) initial[found] = bits(Math.sqrt(n))
  rounds[found++] = bits(Math.cbrt(n))
}

/** FIPS 180-4. */
export class Sha256 implements Hasher {
  readonly #state = initial.slice()
  readonly #words = new Int32Array(64)
  readonly #block = new Uint8Array(blockBytes)
  readonly #view = new DataView(this.#block.buffer)
  #filled = 0
  #length = 0

  update(bytes: Uint8Array): void {
    this.#length += bytes.length
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + blockBytes - this.#filled)
      this.#block.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === blockBytes) this.#compress()
    }
  }

  digest(): string {
    const bits = BigInt(this.#length) * 8n
    this.update(Uint8Array.of(0x80))
    if (this.#filled > blockBytes - 8) this.update(new Uint8Array(blockBytes - this.#filled))
    this.update(new Uint8Array(blockBytes - 8 - this.#filled))
    this.#view.setBigUint64(blockBytes - 8, bits)
    this.#compress()
    return [...this.#state].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
  }

  #compress(): void {
    const words = this.#words
    for (let i = 0; i < 16; i++) words[i] = this.#view.getInt32(4 * i)
    for (let i = 16; i < 64; i++) {
      const early = words[i - 15]!
      const late = words[i - 2]!
      const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
      const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
      words[i] = (words[i - 16]! + s0 + words[i - 7]! + s1) | 0
    }
    let [a, b, c, d, e, f, g, h] = this.#state as unknown as Octet
    for (let i = 0; i < 64; i++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      const first = (h + s1 + ((e & f) ^ (~e & g)) + rounds[i]! + words[i]!) | 0
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      const second = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + first) | 0
      d = c
      c = b
      b = a
      a = (first + second) | 0
    }
    const worked = [a, b, c, d, e, f, g, h]
    for (let i = 0; i < 8; i++) this.#state[i]! += worked[i]!
    this.#filled = 0
  }
}

type Octet = [number, number, number, number, number, number, number, number]

const rotate = (word: number, by: number) => (word >>> by) | (word << (32 - by))
