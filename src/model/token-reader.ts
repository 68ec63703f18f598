import type { Outputs, Refill } from '../backends/backend.ts'
import { readOptions } from '../check-fields.ts'
import { UnsupportedError } from '../errors.ts'
import type { ImageInput } from '../image/image.ts'
import { valueNamed } from '../program/passes/outputs.ts'
import { type AttentionMaps, attentionMaps } from './attention.ts'
import { featuresFields, type LayerFeatures, planFeatures } from './features.ts'
import type { InputEmbeddings } from './input-embeddings.ts'
import { MergedTokens } from './merged-tokens.ts'
import type { EmbedOptions, FeaturesOptions, ImageOptions, RunOptions } from './options.ts'
import { type PatchTokens, type Pool, valueOfPool } from './pools.ts'
import type { Runner } from './runner.ts'
import type { AnySize, ReadyImage, Sized } from './sized.ts'
import { type TokenValues, withTokenValues } from './token-values.ts'
import type { Encoder, Tokens } from './tokens.ts'
import { concatenate, normalizeRows } from './vectors.ts'

/** What of a model it needs. */
interface Parts {
  readonly family: string
  /** For images of the model's size. */
  readonly usual: Sized
  readonly anySize: AnySize | undefined
  readonly refill: Refill | undefined
  read(image: ImageInput, options: ImageOptions): Promise<ReadyImage>
  readonly runner: Runner
}

/** What can be read of images of one size. */
interface Readable {
  readonly tokens: Tokens
  /** Merges no tokens. */
  readonly values: TokenValues
  /** What is run instead where tokens are merged. */
  readonly merged: MergedTokens | undefined
}

/** Reads what a model makes of the tokens of an image's patches. */
export class TokenReader {
  readonly #parts: Parts
  readonly #readable = new WeakMap<Sized, Readable>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @throws UnsupportedError for a pool that the model does not have */
  async embed(
    image: ImageInput,
    options: Omit<EmbedOptions, 'pool'> & { readonly pool: Pool },
  ): Promise<Float32Array | PatchTokens> {
    const name = valueOfPool(options.pool, (await this.#of(this.#parts.usual)).tokens)
    const { outputs, of } = await this.#run(() => [name], image, options)
    const values = outputs[name]!
    const { program } = of.values
    const [count, width] = program.values[valueNamed(program, name)]!.shape
    if (options.normalize) normalizeRows(values, width)
    if (options.pool !== 'tokens') return values
    return { patches: values, shape: [count, width], grid: of.tokens.grid }
  }

  /**
   * @throws ArgumentError for options that are wrong, and for layers that the model does not have; UnsupportedError for a
   *   norm that it does not have
   */
  async features(image: ImageInput, given?: FeaturesOptions): Promise<LayerFeatures[]> {
    const options = readOptions('features', featuresFields, given)
    const planOf = ({ values, tokens }: Readable) => planFeatures(values, tokens, options)
    // What is wrong with the options does not depend on the image.
    planOf(await this.#of(this.#parts.usual))
    const { outputs, of } = await this.#run((of) => planOf(of).names, image, options)
    return planOf(of).read(outputs)
  }

  /** @throws UnsupportedError where the model has no attention */
  async attention(image: ImageInput, options: ImageOptions): Promise<AttentionMaps> {
    const encoder = await this.#requireEncoder('attention')
    const namesOf = ({ tokens }: Readable) =>
      tokens.blocks.map((_, i) => `blocks.${i}.attention.weights`)
    const { outputs, of } = await this.#run(namesOf, image, options)
    const maps = namesOf(of).map((name) => outputs[name]!)
    return attentionMaps(concatenate(maps), of.tokens, encoder)
  }

  /** @throws UnsupportedError where the model has none, or its weights can't be read again */
  async inputEmbeddings(options: RunOptions): Promise<InputEmbeddings> {
    const encoder = await this.#requireEncoder('position embeddings')
    const { usual, anySize, refill, family } = this.#parts
    const { weights } = usual.program
    // Where positions are rotations or offsets, zeros are added.
    if (weights.find(({ name }) => name === 'position')?.role === 'table') {
      throw new UnsupportedError(
        `This model of the family ${family} has no learned position embeddings.`,
      )
    }
    const [{ inputEmbeddings, inputWeights }, { readWeights }] = await Promise.all([
      import('./input-embeddings.ts'),
      import('./weights.ts'),
    ])
    const held = inputWeights.flatMap((name) => {
      const values = anySize?.values(name)
      return values ? [[name, values.slice()] as const] : []
    })
    const names = inputWeights.filter((name) => !held.some(([other]) => other === name))
    const read = await readWeights(weights, names, refill, options.signal)
    const { tokens } = await this.#of(usual)
    return inputEmbeddings({ ...read, ...Object.fromEntries(held) }, tokens, encoder, options)
  }

  /** @param names which values are wanted */
  async #run(
    names: (of: Readable) => readonly string[],
    input: ImageInput,
    options: ImageOptions,
  ): Promise<{ readonly outputs: Outputs; readonly of: Readable }> {
    const image = await this.#parts.read(input, options)
    const of = await this.#of(image.sized)
    const { merged, values } = of
    const wanted = [...names(of), ...(merged?.moves ?? [])]
    const program = merged?.program ?? values.program
    const outputs = await this.#parts.runner.run(image, wanted, options, program)
    return { outputs: merged?.spread(outputs) ?? outputs, of }
  }

  async #of(sized: Sized): Promise<Readable> {
    const known = this.#readable.get(sized)
    if (known) return known
    const tokens = await sized.tokens()
    const { program, merging } = sized
    const values = withTokenValues(merging?.program ?? program, tokens)
    const merged = merging && new MergedTokens(values, tokens, merging)
    const readable = { tokens, values, merged }
    this.#readable.set(sized, readable)
    return readable
  }

  /** @throws UnsupportedError where the model has no encoder, and so not `what` */
  async #requireEncoder(what: string): Promise<Encoder> {
    const { tokens } = await this.#of(this.#parts.usual)
    if (tokens.encoder) return tokens.encoder
    throw new UnsupportedError(`A model of the family ${this.#parts.family} has no ${what}.`)
  }
}
