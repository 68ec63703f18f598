import {
  Activation,
  AttentionField,
  GemmField,
  MeanField,
  NormField,
  Opcode,
  PackField,
  PatchField,
  type Quantization,
  RECORD_WORDS,
  TokensField,
} from '../../../assembly/tape.ts'
import { inputsOf } from '../../program/access.ts'
import type {
  Attention,
  LayerNorm,
  Linear,
  MeanRows,
  Op,
  PatchEmbed,
  Program,
  Tokens,
  ValueId,
  WeightId,
} from '../../program/program.ts'
import { type Build, integerSteps, SCALE_STEPS } from './kernels.ts'
import { place, rowStride } from './layout.ts'

/** Where a backend keeps what a tape refers to. */
export interface Addresses {
  /** Address of a weight. */
  weight(name: string): number
  /** How a kernel is quantised, undefined where it is f32. */
  quantization(name: string): Quantization | undefined
  /** As many zeros as the widest bias has values. */
  readonly zeros: number
  /** The kernels that run the tape. */
  readonly build: Build
  /** Where the memory that a run uses begins: the tape, then values and packed operands. */
  readonly arena: number
}

/** A value in linear memory. */
export interface Placed {
  readonly address: number
  /** Bytes from one row to the next. */
  readonly stride: number
  readonly rows: number
  readonly columns: number
}

export interface Lowered {
  /** To be copied to the beginning of the arena. */
  readonly tape: Uint32Array
  readonly records: readonly TapeRecord[]
  readonly arenaBytes: number
  readonly input: Placed
  readonly outputs: Readonly<Record<string, Placed>>
  /** The largest attention of the program, which sizes the threads' scratch; and its longest row. */
  readonly scratch: { readonly tokens: number; readonly headWidth: number; readonly row: number }
}

/** What is known of a record beside its words. */
export interface TapeRecord {
  /** The opcode and the value it makes, for profiles. */
  readonly label: string
  /** Floating-point operations of its products; 0 for records that only move data. */
  readonly flops: number
}

/** Something in the arena whose offset is not known yet. */
interface Slot {
  readonly slot: number
  readonly offset: number
}
type Word = number | Slot
type Location = { readonly at: Slot; readonly stride: number }

/**
 * A Program as the tape of assembly/tape.ts. Three things happen on the way: the left-hand side of
 * each product is packed (once for all products that read it, quantised where they are of integers), a layer norm that only products
 * read goes straight to packed, and `rows` becomes an address. Then every buffer gets a place in the
 * arena by its lifetime.
 */
export function lower(program: Program, addresses: Addresses): Lowered {
  const records: (TapeRecord & { readonly words: readonly Word[] })[] = []
  const slots: { bytes: number; from: number; to: number }[] = []
  const located = new Map<ValueId, Location>()
  const packed = new Map<string, Word>()
  const readers = readersOf(program)
  const norms = new Map<ValueId, LayerNorm>()
  const scratch = { tokens: 0, headWidth: 0, row: 0 }
  const { build } = addresses

  const shape = (id: ValueId) => program.values[id]!.shape
  const weight = (id: WeightId) => addresses.weight(program.weights[id]!.name)
  const vector = (id: WeightId | undefined) => (id === undefined ? addresses.zeros : weight(id))

  const pixels = shape(program.input)
  located.set(program.input, { at: allocate(pixels[0] * pixels[1] * 4), stride: pixels[1] * 4 })
  for (const op of program.ops) lowerOp(op)
  const outputs = Object.values(program.outputs).map(locate)
  for (const { at } of outputs) touch(at, records.length)

  const { offsets, bytes } = place(slots)
  const tapeBytes = records.length * RECORD_WORDS * 4
  const values = addresses.arena + tapeBytes
  const resolve = (word: Word) =>
    typeof word === 'number' ? word : values + offsets[word.slot]! + word.offset
  const tape = new Uint32Array(records.length * RECORD_WORDS)
  records.forEach(({ words }, i) => {
    tape.set(words.map(resolve), i * RECORD_WORDS)
  })
  const placed = (id: ValueId): Placed => {
    const { at, stride } = locate(id)
    const [rows, columns] = shape(id)
    return { address: resolve(at), stride, rows, columns }
  }
  return {
    tape,
    records: records.map(({ label, flops }) => ({ label, flops })),
    arenaBytes: tapeBytes + bytes,
    input: placed(program.input),
    outputs: Object.fromEntries(Object.entries(program.outputs).map(([k, id]) => [k, placed(id)])),
    scratch,
  }

  function lowerOp(op: Op): void {
    switch (op.op) {
      case 'rows':
        located.set(op.output, { at: rowOf(op.input, op.from), stride: locate(op.input).stride })
        break
      case 'layer_norm':
        if (onlyPacked(op.output)) norms.set(op.output, op)
        else emitNorm(op)
        break
      case 'patch_embed':
        lowerPatchEmbed(op)
        break
      case 'linear':
        lowerLinear(op)
        break
      case 'attention':
        lowerAttention(op)
        break
      case 'tokens':
        lowerTokens(op)
        break
      case 'mean_rows':
        lowerMeanRows(op)
    }
  }

  function lowerTokens(op: Tokens): void {
    const [rows, columns] = shape(op.output)
    const output = define(op.output)
    emit(Opcode.Tokens, op.output, {
      [TokensField.Input]: locate(op.input).at,
      [TokensField.InputStride]: locate(op.input).stride,
      [TokensField.Output]: output.at,
      [TokensField.OutputStride]: output.stride,
      [TokensField.Rows]: rows,
      [TokensField.Columns]: columns,
      [TokensField.Prefix]: vector(op.prefix),
      [TokensField.PrefixRows]: rows - shape(op.input)[0],
      [TokensField.Position]: weight(op.position),
    })
  }

  function lowerMeanRows(op: MeanRows): void {
    const [rows, columns] = shape(op.input)
    emit(Opcode.MeanRows, op.output, {
      [MeanField.Input]: rowOf(op.input, op.from),
      [MeanField.InputStride]: locate(op.input).stride,
      [MeanField.Output]: define(op.output).at,
      [MeanField.Rows]: rows - op.from,
      [MeanField.Columns]: columns,
    })
  }

  function lowerPatchEmbed(op: PatchEmbed): void {
    const [rows, columns] = shape(op.output)
    const inner = program.weights[op.kernel]!.shape[0]
    const patches = allocate(rows * inner * 4)
    const [height, stride] = shape(op.input)
    emit(Opcode.PatchPack, op.output, {
      [PatchField.Input]: locate(op.input).at,
      [PatchField.InputStride]: locate(op.input).stride,
      [PatchField.Packed]: patches,
      [PatchField.GridRows]: Math.floor(height / op.patchSize[0]),
      [PatchField.GridColumns]: Math.floor(stride / 3 / op.patchSize[1]),
      [PatchField.PatchRows]: op.patchSize[0],
      [PatchField.PatchRun]: op.patchSize[1] * 3,
    })
    emitGemm(op, patches, inner, columns, 'none', undefined, undefined)
  }

  function lowerLinear(op: Linear): void {
    const [inner, columns] = program.weights[op.kernel]!.shape
    const quantization = addresses.quantization(program.weights[op.kernel]!.name)
    const left = pack(op.input, quantization)
    emitGemm(op, left, inner, columns, op.activation, op.residual, quantization)
  }

  function emitGemm(
    op: Linear | PatchEmbed,
    left: Word,
    inner: number,
    columns: number,
    activation: Linear['activation'],
    residual: ValueId | undefined,
    quantization: Quantization | undefined,
  ): void {
    const output = define(op.output)
    const fields = {
      [GemmField.Packed]: left,
      [GemmField.Panels]: weight(op.kernel),
      [GemmField.Output]: output.at,
      [GemmField.OutputStride]: output.stride,
      [GemmField.Rows]: shape(op.output)[0],
      [GemmField.Inner]: quantization === undefined ? inner : integerSteps(build, inner),
      [GemmField.PanelCount]: Math.ceil(columns / build.panel),
      [GemmField.Bias]: vector(op.bias),
      [GemmField.Residual]: residual === undefined ? 0 : locate(residual).at,
      [GemmField.ResidualStride]: residual === undefined ? 0 : locate(residual).stride,
      [GemmField.Activation]: activationCodes[activation],
    }
    const rows = shape(op.output)[0]
    const opcode = quantization === undefined ? Opcode.Gemm : Opcode.IntegerGemm
    emit(opcode, op.output, fields, 2 * rows * inner * columns)
  }

  function lowerAttention(op: Attention): void {
    const [queries, width] = shape(op.query)
    const tokens = shape(op.keyValue)[0]
    const headWidth = width / op.heads
    scratch.tokens = Math.max(scratch.tokens, tokens)
    scratch.headWidth = Math.max(scratch.headWidth, headWidth)
    const tokensAndHeads = {
      [AttentionField.Packed]: allocate(tokens * width * 8),
      [AttentionField.Tokens]: tokens,
      [AttentionField.Heads]: op.heads,
      [AttentionField.HeadWidth]: headWidth,
    }
    emit(Opcode.AttentionPack, op.output, {
      ...tokensAndHeads,
      [AttentionField.KeyValue]: locate(op.keyValue).at,
      [AttentionField.KeyValueStride]: locate(op.keyValue).stride,
    })
    const output = define(op.output)
    const weights = op.weights === undefined ? undefined : define(op.weights)
    const fields = {
      ...tokensAndHeads,
      [AttentionField.Query]: locate(op.query).at,
      [AttentionField.QueryStride]: locate(op.query).stride,
      [AttentionField.Output]: output.at,
      [AttentionField.OutputStride]: output.stride,
      [AttentionField.Queries]: queries,
      [AttentionField.Weights]: weights?.at ?? 0,
      [AttentionField.WeightsStride]: weights?.stride ?? 0,
      [AttentionField.Zeros]: addresses.zeros,
    }
    emit(Opcode.Attention, op.output, fields, 4 * queries * tokens * width)
  }

  /** The packed form of a value, of floats or of integers, made where the first product asks for it. */
  function pack(id: ValueId, quantization: Quantization | undefined): Word {
    const key = `${id} ${quantization}`
    const known = packed.get(key)
    if (known !== undefined) return known
    const [rows, columns] = shape(id)
    const integer = quantization !== undefined
    const steps = integer ? integerSteps(build, columns) + SCALE_STEPS : columns
    const target = allocate(rows * steps * 4)
    packed.set(key, target)
    const norm = norms.get(id)
    if (norm) {
      emit(integer ? Opcode.IntegerNormPack : Opcode.NormPack, id, {
        ...normFields(norm),
        [NormField.Packed]: target,
        [NormField.Quantization]: quantization ?? 0,
      })
    } else {
      emit(integer ? Opcode.IntegerPack : Opcode.Pack, id, {
        [PackField.Input]: locate(id).at,
        [PackField.InputStride]: locate(id).stride,
        [PackField.Packed]: target,
        [PackField.Rows]: rows,
        [PackField.Columns]: columns,
        [PackField.Quantization]: quantization ?? 0,
      })
    }
    return target
  }

  function emitNorm(op: LayerNorm): void {
    const fields = normFields(op)
    const output = define(op.output)
    emit(Opcode.Norm, op.output, {
      ...fields,
      [NormField.Packed]: output.at,
      [NormField.OutputStride]: output.stride,
    })
  }

  function normFields(op: LayerNorm): Record<number, Word> {
    const [rows, columns] = shape(op.output)
    scratch.row = Math.max(scratch.row, columns)
    return {
      [NormField.Input]: locate(op.input).at,
      [NormField.InputStride]: locate(op.input).stride,
      [NormField.Rows]: rows,
      [NormField.Columns]: columns,
      [NormField.Scale]: weight(op.scale),
      [NormField.Bias]: weight(op.bias),
      [NormField.Epsilon]: floatBits(op.eps),
    }
  }

  /** Only products read this value, so its rows need not exist. */
  function onlyPacked(id: ValueId): boolean {
    const found = readers.get(id)
    return found?.every((op) => op !== 'output' && op.op === 'linear' && op.residual !== id) ?? true
  }

  function emit(opcode: Opcode, value: ValueId, fields: Record<number, Word>, flops = 0): void {
    const words: Word[] = new Array(RECORD_WORDS).fill(0)
    words[0] = opcode
    for (const [field, word] of Object.entries(fields)) {
      words[Number(field)] = word
      touch(word, records.length)
    }
    records.push({ words, label: `${Opcode[opcode]} ${program.values[value]!.name}`, flops })
  }

  function define(id: ValueId): Location {
    const [rows, columns] = shape(id)
    const stride = rowStride(columns)
    const location = { at: allocate(rows * stride), stride }
    located.set(id, location)
    return location
  }

  function rowOf(id: ValueId, row: number): Slot {
    const { at, stride } = locate(id)
    return { slot: at.slot, offset: at.offset + row * stride }
  }

  function locate(id: ValueId): Location {
    return located.get(id)!
  }

  function allocate(bytes: number): Slot {
    const padded = Math.ceil(bytes / 64) * 64
    return { slot: slots.push({ bytes: padded, from: records.length, to: 0 }) - 1, offset: 0 }
  }

  function touch(word: Word, record: number): void {
    if (typeof word === 'object') slots[word.slot]!.to = record
  }
}

const activationCodes = {
  none: Activation.None,
  gelu_tanh: Activation.GeluTanh,
  gelu_erf: Activation.GeluErf,
  tanh: Activation.Tanh,
} as const

function readersOf(program: Program): Map<ValueId, (Op | 'output')[]> {
  const readers = new Map<ValueId, (Op | 'output')[]>()
  const add = (id: ValueId, reader: Op | 'output') =>
    readers.set(id, [...(readers.get(id) ?? []), reader])
  for (const op of program.ops) for (const id of inputsOf(op)) add(id, op)
  for (const id of Object.values(program.outputs)) add(id, 'output')
  return readers
}

function floatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!
}
