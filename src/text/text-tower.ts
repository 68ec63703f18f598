import { platform } from '#platform'
import type { Backend, Executable, Model } from '../backends/backend.ts'
import { concurrentMap } from '../concurrent-map.ts'
import { firstNonFinite } from '../finite.ts'
import { overflowError } from '../model/overflow.ts'
import { withOutputs } from '../program/passes/outputs.ts'
import { withoutUnusedRows } from '../program/passes/rows.ts'
import type { TokenEmbedding } from './embedding/token-embedding.ts'
import { type ImageTextConfig, textProgram, textStages } from './text-family.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Texts that are computed in one run; a remainder is split into the smaller numbers. More than 8 are no faster per text. */
const batchSizes = [8, 4, 2, 1] as const

/** Timers, input and other requests get a turn after this many milliseconds. */
const turnTime = 10

/** Texts of one length, by their positions among all. */
interface Batch {
  readonly tokens: readonly Int32Array[]
  readonly positions: readonly number[]
}

/** The text tower of a loaded model. */
export class TextTower {
  readonly tokenizer: Tokenizer
  readonly #config: ImageTextConfig
  readonly #embedding: TokenEmbedding
  readonly #model: Model
  readonly #backend: Backend
  readonly #ahead: number
  readonly #compiled = new Map<string, Executable>()

  /** @param model has the weights of `textProgram` */
  constructor(
    config: ImageTextConfig,
    tokenizer: Tokenizer,
    embedding: TokenEmbedding,
    model: Model,
    backend: Backend,
  ) {
    this.tokenizer = tokenizer
    this.#config = config
    this.#embedding = embedding
    this.#model = model
    this.#backend = backend
    this.#ahead = 2 * (backend.together ?? backend.threads?.count ?? 1)
  }

  /**
   * The embeddings of texts, in their order, not normalised.
   * @throws NumericError where one is not finite
   */
  async embed(texts: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array[]> {
    const results = new Array<Float32Array>(texts.length)
    const batches = await this.#batches(texts, signal)
    const work = async (batch: Batch, signal: AbortSignal) => ({
      positions: batch.positions,
      features: await this.#run(batch.tokens, signal),
    })
    for await (const done of concurrentMap(batches, this.#ahead, signal, work)) {
      const { embedding } = this.#config
      done.positions.forEach((position, i) => {
        results[position] = done.features.slice(i * embedding, (i + 1) * embedding)
      })
    }
    return results
  }

  /** Frees what it has beside the model. */
  dispose(): void {
    this.#embedding.close()
  }

  /** Texts of the same length together. */
  async #batches(texts: readonly string[], signal: AbortSignal | undefined): Promise<Batch[]> {
    const byLength = new Map<number, { tokens: Int32Array[]; positions: number[] }>()
    let turn = performance.now()
    for (const [position, text] of texts.entries()) {
      const tokens = this.#tokens(text)
      const same = byLength.get(tokens.length) ?? { tokens: [], positions: [] }
      same.tokens.push(tokens)
      same.positions.push(position)
      byLength.set(tokens.length, same)
      if (performance.now() - turn > turnTime) {
        await platform.yield()
        turn = performance.now()
        signal?.throwIfAborted()
      }
    }
    return [...byLength.values()].flatMap(({ tokens, positions }) => {
      const batches: Batch[] = []
      for (let at = 0; at < tokens.length; ) {
        const size = batchSizes.find((size) => size <= tokens.length - at)!
        const to = at + size
        batches.push({ tokens: tokens.slice(at, to), positions: positions.slice(at, to) })
        at = to
      }
      return batches
    })
  }

  /** BERT computes a text without its padding, which it would not see anyway. */
  #tokens(text: string): Int32Array {
    const tokens = this.tokenizer.encode(text, this.#config.maxLength)
    if (this.#config.family !== 'lit' || this.#config.textTower !== 'bert') return tokens
    const end = tokens.indexOf(this.tokenizer.padding)
    return end < 0 ? tokens : tokens.subarray(0, end)
  }

  async #run(texts: readonly Int32Array[], signal: AbortSignal): Promise<Float32Array> {
    const length = texts[0]!.length
    const embedded = await this.#embedding.embed(texts, signal)
    const executable = this.#executable(length, texts.length, ['features'])
    const { features } = await executable.run({ embedded }, { signal })
    if (firstNonFinite(features!) < 0) return features!
    const again = async (names: readonly string[]) =>
      this.#executable(length, texts.length, names).run({ embedded }, { signal })
    throw await overflowError('features', textStages(this.#config), this.#backend, again)
  }

  #executable(length: number, images: number, names: readonly string[]): Executable {
    const key = [length, images, ...names].join()
    let executable = this.#compiled.get(key)
    if (!executable) {
      const program = withOutputs(textProgram(this.#config, length), names)
      executable = this.#model.compile(withoutUnusedRows(program), { images })
      this.#compiled.set(key, executable)
    }
    return executable
  }
}
