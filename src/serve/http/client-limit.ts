import { Refusal } from './refusal.ts'

/** How many requests of each client are under way. */
export class ClientLimit {
  readonly #most: number
  readonly #counts = new Map<string, number>()

  constructor(most: number) {
    this.#most = most
  }

  /**
   * @returns what is to be called when the request is answered
   * @throws Refusal 429 for one too many
   */
  enter(client: string): () => void {
    const count = this.#counts.get(client) ?? 0
    if (count >= this.#most) {
      const message = `This client has ${count} requests under way, which is the limit.`
      throw new Refusal(429, message, { 'Retry-After': '1' })
    }
    this.#counts.set(client, count + 1)
    return () => {
      const left = this.#counts.get(client)! - 1
      if (left > 0) this.#counts.set(client, left)
      else this.#counts.delete(client)
    }
  }
}
