import type { Outputs, Refill } from '../backends/backend.ts'
import { readOptions } from '../check-fields.ts'
import { UnsupportedError } from '../errors.ts'
import type { ImageInput } from '../image/image.ts'
import { valueNamed } from '../program/passes/outputs.ts'
import type { Program } from '../program/program.ts'
import { type AttentionMaps, attentionMaps } from './attention.ts'
import { featuresFields, type LayerFeatures, planFeatures } from './features.ts'
import type { InputEmbeddings } from './input-embeddings.ts'
import { MergedTokens } from './merged-tokens.ts'
import type { EmbedOptions, FeaturesOptions, ImageOptions, RunOptions } from './options.ts'
import { type PatchTokens, type Pool, valueOfPool } from './pools.ts'
import type { TokenMerging } from './token-merging.ts'
import { type TokenValues, withTokenValues } from './token-values.ts'
import type { Encoder, Tokens } from './tokens.ts'
import { concatenate, normalizeRows } from './vectors.ts'

/** What of a model it needs. */
interface Parts {
  readonly family: string
  /** Merges no tokens. */
  readonly program: Program
  /** How its blocks merge tokens, if they do. */
  readonly merging: TokenMerging | undefined
  readonly refill: Refill | undefined
  read(image: ImageInput, options: ImageOptions): Promise<Float32Array>
  /** Computes values of a program. */
  run(
    program: Program,
    names: readonly string[],
    pixels: Float32Array,
    options: RunOptions,
  ): Promise<Outputs>
}

/** Reads what a model makes of the tokens of an image's patches. */
export class TokenReader {
  readonly #parts: Parts
  readonly #tokens: Tokens
  readonly #values: TokenValues
  readonly #merged: MergedTokens | undefined

  constructor(parts: Parts, tokens: Tokens) {
    this.#parts = parts
    this.#tokens = tokens
    this.#values = withTokenValues(parts.program, tokens)
    this.#merged = parts.merging && new MergedTokens(this.#values, tokens, parts.merging)
  }

  /** @throws UnsupportedError for a pool that the model does not have */
  async embed(
    image: ImageInput,
    options: Omit<EmbedOptions, 'pool'> & { readonly pool: Pool },
  ): Promise<Float32Array | PatchTokens> {
    const name = valueOfPool(options.pool, this.#tokens)
    const { [name]: values } = await this.#run([name], image, options)
    const { program } = this.#values
    const [count, width] = program.values[valueNamed(program, name)]!.shape
    if (options.normalize) normalizeRows(values!, width)
    if (options.pool !== 'tokens') return values!
    return { patches: values!, shape: [count, width], grid: this.#tokens.grid }
  }

  /**
   * @throws ArgumentError for options that are wrong, and for layers that the model does not have; UnsupportedError for a
   *   norm that it does not have
   */
  async features(image: ImageInput, given?: FeaturesOptions): Promise<LayerFeatures[]> {
    const options = readOptions('features', featuresFields, given)
    const { names, read } = planFeatures(this.#values, this.#tokens, options)
    return read(await this.#run(names, image, options))
  }

  /** @throws UnsupportedError where the model has no attention */
  async attention(image: ImageInput, options: ImageOptions): Promise<AttentionMaps> {
    const encoder = this.#requireEncoder('attention')
    const names = this.#tokens.blocks.map((_, i) => `blocks.${i}.attention.weights`)
    const maps = await this.#run(names, image, options)
    return attentionMaps(concatenate(names.map((name) => maps[name]!)), this.#tokens, encoder)
  }

  /** @throws UnsupportedError where the model has none, or its weights can't be read again */
  async inputEmbeddings(options: RunOptions): Promise<InputEmbeddings> {
    const encoder = this.#requireEncoder('position embeddings')
    const { weights } = this.#parts.program
    // Where positions are rotations or offsets, zeros are added.
    if (weights.find(({ name }) => name === 'position')?.role === 'table') {
      throw new UnsupportedError(
        `This model of the family ${this.#parts.family} has no learned position embeddings.`,
      )
    }
    const [{ inputEmbeddings, inputWeights }, { readWeights }] = await Promise.all([
      import('./input-embeddings.ts'),
      import('./weights.ts'),
    ])
    const { program, refill } = this.#parts
    const read = await readWeights(program.weights, inputWeights, refill, options.signal)
    return inputEmbeddings(read, this.#tokens, encoder, options)
  }

  async #run(names: readonly string[], image: ImageInput, options: ImageOptions): Promise<Outputs> {
    const pixels = await this.#parts.read(image, options)
    const { run } = this.#parts
    if (!this.#merged) return run(this.#values.program, names, pixels, options)
    const { program, moves } = this.#merged
    return this.#merged.spread(await run(program, [...names, ...moves], pixels, options))
  }

  /** @throws UnsupportedError where the model has no encoder, and so not `what` */
  #requireEncoder(what: string): Encoder {
    if (this.#tokens.encoder) return this.#tokens.encoder
    throw new UnsupportedError(`A model of the family ${this.#parts.family} has no ${what}.`)
  }
}
