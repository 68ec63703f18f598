import { ArgumentError, CheckpointError } from '../errors.ts'
import type { Recipe, RecipeName } from '../image/preprocess/recipes.ts'
import type { ViTConfig } from '../models/config.ts'
import type { LabelSet } from '../models/labels.ts'
import type { CheckpointFile, TensorInfo } from './checkpoint.ts'
import type { Description } from './description.ts'
import { inferConfig, mayBeOblong } from './infer.ts'
import { readOwnMetadata } from './metadata.ts'
import { isBeside, isFloat } from './names/beside.ts'
import { type Dims, dimsOf, shapeOf } from './names/dims.ts'
import type { PublisherName, TensorRow } from './names/publisher.ts'
import { type Recognised, recognise } from './names/recognise.ts'
import { hasSlot, isOptional, type Slot } from './names/slots.ts'
import { type Piece, slotPieces } from './pieces.ts'
import type { Resample } from './position.ts'
import { gridOf, type PositionOptions, positionPieces } from './position-pieces.ts'
import { scaleOf } from './scales.ts'

/** How the tensors of a file become the weights of a model. */
export interface CheckpointPlan {
  readonly publisher: PublisherName
  /** What stands before the names of the model's tensors, '' for nothing: `teacher.backbone.`. */
  readonly prefix: string
  readonly config: ViTConfig
  /** The preprocessing that these weights were trained with. */
  readonly recipe: RecipeName | Recipe
  /** Class names, where the file or what lies beside it has them. */
  readonly labels?: readonly string[] | LabelSet | undefined
  /** The rule by which a position embedding is resized, now or when it is loaded again. */
  readonly resample: Resample
  /** What nothing says and was therefore taken for granted, in words. */
  readonly assumed: readonly string[]
  /** For every weight, the pieces that fill it. */
  readonly pieces: ReadonlyMap<string, readonly Piece[]>
  /**
   * Tensors of the file that are of no use for this config, or not of this model: optimisers, counters,
   * another copy of the model. Of several models an average (`ema`, `teacher`) is loaded, unless told.
   */
  readonly ignored: readonly string[]
}

export interface PlanOptions extends PositionOptions {
  /** Of a file with several models: what the names of the wanted one begin with, `student.backbone`. */
  readonly prefix?: string | undefined
  /** What is known beside the tensors; the overrides go before it. */
  readonly description?: Description | undefined
}

/** How publishers resize position embeddings; files of ours say themselves. */
const publishersResample: Readonly<Record<PublisherName, Resample>> = {
  official: 'official',
  timm: 'timm',
  torchvision: 'torchvision',
  huggingface: 'huggingface',
  vitrine: 'official',
}

/**
 * Recognises whose checkpoint this is, infers its config, and plans how to load it. Only names and
 * shapes are looked at.
 * @param overrides what the names and shapes don't tell (`heads`, a non-square `imageSize`), or
 *   what is wanted otherwise: another `imageSize` (the position embedding is resized), `classes: 0`
 *   or `representation: 0` (the head or `pre_logits` is left out), another `classifier`
 * @throws CheckpointError naming every tensor that is missing, extra or misshapen; UnsupportedError
 *   naming the family, for models that are no plain ViT; ArgumentError where an override is needed
 */
export function planCheckpoint(
  file: CheckpointFile,
  overrides: Partial<ViTConfig> = {},
  { description = {}, ...options }: PlanOptions = {},
): CheckpointPlan {
  const headless = overrides.classes === 0
  const recognised = recognise(file, { prefix: options.prefix, headless })
  const own = readOwnMetadata(file)
  const assumed: string[] = []
  if (recognised.others.length > 0 && options.prefix === undefined) {
    assumed.push(`prefix ${recognised.prefix} and not ${recognised.others.join(', ')}`)
  }
  const known = { ...description.config, ...overrides }
  const config = own
    ? { ...own.config, ...overrides }
    : inferConfig(file, recognised, known, assumed)
  checkConfig(config, file)
  const { storedSize } = description
  const storedGrid =
    options.storedGrid ??
    (own ? gridOf(own.config) : storedSize && gridOf({ ...config, imageSize: storedSize }))
  const { recipe, name } = recognised.publisher
  const publisher = own ? 'vitrine' : name
  const resample = options.resample ?? own?.resample ?? publishersResample[publisher]
  const planned = new Planner(file, recognised, config, { resample, storedGrid }).plan()
  if (mayBeOblong(name) && !storedGrid) {
    const resized = planned.pieces.get('position')?.find((piece) => piece.rearrange)?.rearrange
    if (resized?.kind === 'resize') {
      assumed.push(`a grid of ${resized.from.join('x')} positions in the file`)
    }
  }
  return {
    publisher,
    prefix: recognised.prefix,
    config,
    recipe: own?.recipe ?? description.preprocess ?? (config.distilled ? 'deit' : recipe),
    labels: own?.labels ?? description.labels,
    resample,
    assumed,
    ...planned,
  }
}

/** Says what a plan takes for granted, and how to say otherwise. */
export const assumptionNotice = (file: string, assumed: readonly string[]) =>
  `${file} does not say everything of its model, nor does a config.json beside it. Assumed: ${assumed.join(', ')}. Pass what is otherwise: config.heads (--config heads=N), imageSize (--image-size HEIGHTxWIDTH), prefix (--prefix NAMES).`

/** What would make the plan itself too large; everything else the model's program checks. */
function checkConfig(config: ViTConfig, file: CheckpointFile): void {
  if (config.depth > file.tensors.size) {
    throw new ArgumentError(`${file.name} has not the ${config.depth} blocks that are asked for.`)
  }
  if (!gridOf(config).every((side) => Number.isSafeInteger(side) && side > 0)) {
    throw new ArgumentError(
      `An image of ${config.imageSize.join(' x ')} pixels holds no patch of ${config.patchSize.join(' x ')}.`,
    )
  }
}

class Planner {
  readonly #file: CheckpointFile
  readonly #recognised: Recognised
  readonly #config: ViTConfig
  readonly #options: PositionOptions
  readonly #dims: Dims
  readonly #pieces = new Map<string, Piece[]>()
  readonly #used = new Set<string>()
  readonly #missing: string[] = []
  readonly #misshapen: string[] = []

  constructor(
    file: CheckpointFile,
    recognised: Recognised,
    config: ViTConfig,
    options: PositionOptions,
  ) {
    this.#file = file
    this.#recognised = recognised
    this.#config = config
    this.#options = options
    const position = this.#rowsOf('position').find(([tensor]) => recognised.stored.has(tensor))
    const stored = position && recognised.stored.get(position[0])
    const rows = stored === undefined ? 0 : (file.tensors.get(stored)!.shape.at(-2) ?? 0)
    this.#dims = dimsOf(config, rows)
  }

  plan(): Pick<CheckpointPlan, 'pieces' | 'ignored'> {
    const slots = new Set(this.#recognised.publisher.tensors.map(([, slot]) => slot))
    for (const slot of slots) {
      if (!hasSlot(slot, this.#config)) continue
      const rows = this.#rowsOf(slot)
      if (!rows[0]![0].includes('#')) this.#fill(slot, rows, 0)
      else for (let block = 0; block < this.#config.depth; block++) this.#fill(slot, rows, block)
    }
    const unused = [...this.#recognised.stored.keys()].filter((name) => !this.#used.has(name))
    const extra = unused.filter((name) => !this.#mayIgnore(name))
    const { ignored, unexplained } = this.#recognised
    this.#throwDifferences([...extra.map((name) => this.#stored(name)!), ...unexplained])
    const own = unused.map((name) => this.#stored(name)!)
    return { pieces: this.#pieces, ignored: [...own, ...ignored] }
  }

  #fill(slot: Slot, rows: readonly TensorRow[], block: number): void {
    const names = rows.map(([tensor]) => tensor.replace('#', String(block)))
    const found = names.findIndex((name) => this.#recognised.stored.has(name))
    if (found < 0) {
      if (!this.#fillZeros(slot)) this.#missing.push(names[0]!)
      return
    }
    const name = names[found]!
    this.#used.add(name)
    const tensor = this.#file.tensors.get(this.#stored(name)!)!
    if (!isReadable(tensor, this.#file)) {
      this.#misshapen.push(`${tensor.name}: ${tensor.dtype}, expected floats`)
      return
    }
    const expected = shapeOf(rows[found]![2], this.#dims)
    if (withoutOnes(tensor.shape) !== withoutOnes(expected)) {
      this.#misshapen.push(
        `${tensor.name}: [${tensor.shape.join(', ')}], expected [${expected.join(', ')}]`,
      )
      return
    }
    const { transposed } = this.#recognised.publisher
    if (slot !== 'position') {
      const scale = this.#scale(slot)
      this.#add(slotPieces(slot, block, tensor.name, this.#config, this.#dims, transposed, scale))
      return
    }
    const prefix = ['class', 'distillation'] as const
    const prefixTensors = prefix.flatMap((slot) => this.#tensorOf(slot) ?? [])
    const pieces = positionPieces(tensor, this.#config, prefixTensors, this.#options)
    if (pieces) this.#add(pieces)
    else {
      this.#misshapen.push(
        `${tensor.name}: [${tensor.shape.join(', ')}], which does not tell its grid: pass storedGrid, the rows and columns of patches it was made for`,
      )
    }
  }

  /** A distilled model's logits are the mean of two heads; here they are added, so both are halved. */
  #scale(slot: Slot): number {
    const isHead = slot.startsWith('head.') || slot.startsWith('head_dist.')
    const both = this.#config.distilled && this.#tensorOf('head_dist.kernel') !== undefined
    return isHead && both ? 0.5 : 1
  }

  /**
   * A head may have no bias. transformers' `DeiTForImageClassification` has the distillation token and
   * no head for it. Either is then the head's kernel times 0.
   */
  #fillZeros(slot: Slot): boolean {
    const head = this.#tensorOf('head.kernel')
    if (head === undefined || !this.#isZero(slot)) return false
    const { transposed } = this.#recognised.publisher
    this.#add(slotPieces(slot, 0, head, this.#config, this.#dims, transposed, 0))
    return true
  }

  #isZero(slot: Slot): boolean {
    if (slot === 'head.bias') return true
    if (!slot.startsWith('head_dist.')) return false
    if (this.#tensorOf('head_dist.kernel')) return slot === 'head_dist.bias'
    return this.#recognised.publisher.name === 'huggingface' && !this.#tensorOf('head_dist.bias')
  }

  #add(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      const others = this.#pieces.get(piece.weight)
      if (others) others.push(piece)
      else this.#pieces.set(piece.weight, [piece])
    }
  }

  /** The stored name of a slot's tensor outside the blocks. */
  #tensorOf(slot: Slot): string | undefined {
    const row = this.#rowsOf(slot).find(([tensor]) => this.#recognised.stored.has(tensor))
    return row && this.#stored(row[0])
  }

  #rowsOf(slot: Slot): readonly TensorRow[] {
    return this.#recognised.publisher.tensors.filter((row) => row[1] === slot)
  }

  #stored(name: string): string | undefined {
    return this.#recognised.stored.get(name)
  }

  #mayIgnore(name: string): boolean {
    const tensor = this.#file.tensors.get(this.#stored(name)!)!
    if (isBeside(name, tensor, this.#recognised.publisher)) return true
    const row = this.#recognised.publisher.tensors.find(([tensor]) => tensor === name)
    return row !== undefined && isOptional(row[1]) && !hasSlot(row[1], this.#config)
  }

  #throwDifferences(extra: string[]): void {
    const differences = { missing: this.#missing, extra, misshapen: this.#misshapen }
    const parts = Object.entries(differences)
      .filter(([, names]) => names.length > 0)
      .map(([kind, names]) => `${names.length} ${kind} (${shortened(names)})`)
    if (parts.length === 0) return
    const { name } = this.#recognised.publisher
    throw new CheckpointError(
      `${this.#file.name}, with names as of ${name}, does not fit a plain ViT of width ${this.#config.width} and ${this.#config.depth} blocks: ${parts.join('; ')}.`,
      differences,
    )
  }
}

/** Integers are weights only where scales come with them. */
const isReadable = (tensor: TensorInfo, { tensors }: CheckpointFile) =>
  isFloat(tensor) || scaleOf(tensors, tensor) !== undefined

const shortened = (names: readonly string[]) =>
  names.length > 12 ? `${names.slice(0, 12).join(', ')}, …` : names.join(', ')

/** Leading sides of 1 make no difference: `[1, 1, D]` is `[D]`. */
function withoutOnes(shape: readonly number[]): string {
  const first = shape.findIndex((side) => side !== 1)
  return shape.slice(first < 0 ? shape.length : first).join(' ')
}
