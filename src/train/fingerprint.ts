const NAME = 0x01000193
const PLACE = 0x9e3779b1
const MIX = 0x85ebca6b

/**
 * Tells the weights of checkpoints apart, by a sum of 32 bits over all values and their places; in which order and in
 * how many pieces they come makes no difference.
 */
export class Fingerprint {
  #sum = 0

  /** @param part a name of the part of a weight to which the values belong, from value `start` on */
  add(part: string, start: number, values: Float32Array): void {
    let name = NAME
    for (let i = 0; i < part.length; i++) name = Math.imul(name ^ part.charCodeAt(i), NAME)
    const bits = new Int32Array(values.buffer, values.byteOffset, values.length)
    let sum = this.#sum
    for (let i = 0; i < bits.length; i++) {
      const mixed = Math.imul(bits[i]! ^ Math.imul(start + i + 1, PLACE) ^ name, MIX)
      sum = (sum + (mixed ^ (mixed >>> 15))) | 0
    }
    this.#sum = sum
  }

  /** In hexadecimal. */
  get text(): string {
    return (this.#sum >>> 0).toString(16).padStart(8, '0')
  }
}
