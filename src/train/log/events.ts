import { PbfReader, PbfWriter } from 'pbf'
import { FormatError } from '../../errors.ts'

/** What TensorBoard reads: a number at a step, the version of the file, or the start of a session. */
export interface LoggedEvent {
  /** Seconds since 1970. */
  readonly wallTime: number
  /** From 0. */
  readonly step: number
  readonly fileVersion?: string
  /** Whether a session starts here: TensorBoard forgets what earlier files have from this step on. */
  readonly starts?: boolean
  readonly scalars?: readonly Scalar[]
}

export interface Scalar {
  readonly tag: string
  /** Stored as float32. */
  readonly value: number
}

/** Numbers of fields in TensorFlow's event.proto, summary.proto and tensor.proto. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, session: 7, source: 10 } as const
const VALUE = { tag: 1, simple: 2, tensor: 8, metadata: 9 } as const
const TENSOR = { type: 1, shape: 2, content: 4, floats: 5, doubles: 6 } as const
const FLOAT = 1
const DOUBLE = 2
const SESSION_STARTS = 1

export const FILE_VERSION = 'brain.Event:2'
const WRITER = 'vitrine'

/**
 * An event as the release's tools write it: a scalar is a tensor without axes, marked as one for TensorBoard's page
 * of scalars.
 */
export function encodeEvent({
  wallTime,
  step,
  fileVersion,
  starts,
  scalars,
}: LoggedEvent): Uint8Array {
  const out = new PbfWriter()
  out.writeDoubleField(EVENT.wallTime, wallTime)
  if (step !== 0) out.writeVarintField(EVENT.step, step)
  if (fileVersion !== undefined) {
    out.writeStringField(EVENT.fileVersion, fileVersion)
    out.writeMessage(EVENT.source, (_, source) => source.writeStringField(1, WRITER), undefined)
  }
  if (starts) {
    out.writeMessage(EVENT.session, (_, log) => log.writeVarintField(1, SESSION_STARTS), undefined)
  }
  if (scalars) {
    out.writeMessage(
      EVENT.summary,
      (all, summary) => {
        for (const scalar of all) summary.writeMessage(1, writeValue, scalar)
      },
      scalars,
    )
  }
  return out.finish()
}

function writeValue({ tag, value }: Scalar, out: PbfWriter): void {
  const content = new Uint8Array(4)
  new DataView(content.buffer).setFloat32(0, value, true)
  out.writeStringField(VALUE.tag, tag)
  out.writeMessage(
    VALUE.tensor,
    (_, tensor) => {
      tensor.writeVarintField(TENSOR.type, FLOAT)
      tensor.writeBytesField(TENSOR.shape, new Uint8Array(0))
      tensor.writeBytesField(TENSOR.content, content)
    },
    undefined,
  )
  out.writeMessage(
    VALUE.metadata,
    (_, metadata) =>
      metadata.writeMessage(1, (_, plugin) => plugin.writeStringField(1, 'scalars'), undefined),
    undefined,
  )
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/**
 * Reads an event of any of TensorBoard's writers: scalars as tensors, and as `simple_value` of older ones. Other
 * fields, and values that are no scalars, are left out.
 * @throws FormatError where it is none
 */
export function decodeEvent(bytes: Uint8Array): LoggedEvent {
  try {
    const event: Writable<LoggedEvent> = { wallTime: 0, step: 0 }
    return new PbfReader(bytes).readFields(readEventField, event)
  } catch (cause) {
    throw new FormatError('A record is no event of TensorBoard.', { cause })
  }
}

function readEventField(field: number, event: Writable<LoggedEvent>, input: PbfReader): void {
  if (field === EVENT.wallTime) event.wallTime = input.readDouble()
  else if (field === EVENT.step) event.step = input.readVarint(true)
  else if (field === EVENT.fileVersion) event.fileVersion = input.readString()
  else if (field === EVENT.summary) event.scalars = input.readMessage(readSummary, [])
  else if (field === EVENT.session)
    event.starts = input.readMessage(readSession, { starts: false }).starts
}

function readSession(field: number, log: { starts: boolean }, input: PbfReader): void {
  if (field === 1) log.starts = input.readVarint() === SESSION_STARTS
}

function readSummary(field: number, scalars: Scalar[], input: PbfReader): void {
  if (field !== 1) return
  const found = input.readMessage(readValue, { tag: '', value: undefined })
  const { tag, value } = found
  if (value !== undefined) scalars.push({ tag, value })
}

interface Found {
  tag: string
  value: number | undefined
}

function readValue(field: number, found: Found, input: PbfReader): void {
  if (field === VALUE.tag) found.tag = input.readString()
  else if (field === VALUE.simple) found.value = input.readFloat()
  else if (field === VALUE.tensor) {
    const tensor = input.readMessage(readTensor, { type: 0, numbers: [], content: undefined })
    found.value = scalarOf(tensor)
  }
}

interface Tensor {
  type: number
  numbers: number[]
  content: Uint8Array | undefined
}

function readTensor(field: number, tensor: Tensor, input: PbfReader): void {
  if (field === TENSOR.type) tensor.type = input.readVarint()
  else if (field === TENSOR.content) tensor.content = input.readBytes()
  else if (field === TENSOR.floats) input.readPackedFloat(tensor.numbers)
  else if (field === TENSOR.doubles) input.readPackedDouble(tensor.numbers)
}

function scalarOf({ type, numbers, content }: Tensor): number | undefined {
  if (numbers.length === 1) return numbers[0]
  if (!content) return undefined
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  if (type === FLOAT && content.length === 4) return view.getFloat32(0, true)
  return type === DOUBLE && content.length === 8 ? view.getFloat64(0, true) : undefined
}
