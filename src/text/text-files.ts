import { NeighbourError } from '../checkpoint/beside/json.ts'
import type { Neighbours } from '../checkpoint/source/neighbours.ts'
import { openSource } from '../checkpoint/source/open.ts'
import { type ByteSource, readSmall } from '../checkpoint/source/source.ts'
import { FormatError } from '../errors.ts'

/** What a vocabulary can be read from: a path or a URL, or bytes. */
export type VocabularyInput = string | URL | Blob | ArrayBuffer | Uint8Array

/** The largest vocabulary, Gemma's `tokenizer.json` of 256,000 pieces, has 34 MB. */
export const maxBytes = 64 << 20

/** A whole file. */
export interface TextFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** Reads a file that the caller gives. */
export async function readGiven(
  input: VocabularyInput,
  signal: AbortSignal | undefined,
): Promise<TextFile> {
  return readWhole(await openSource(input, maxBytes, signal), signal)
}

/** Reads a file that lies beside a checkpoint, undefined where there is none. */
export async function readBeside(
  name: string,
  neighbours: Neighbours,
  signal: AbortSignal | undefined,
): Promise<TextFile | undefined> {
  const source = await neighbours.open(name, signal)
  return source && readWhole(source, signal)
}

async function readWhole(source: ByteSource, signal: AbortSignal | undefined): Promise<TextFile> {
  try {
    return { name: source.name, bytes: await readSmall(source, maxBytes, signal) }
  } finally {
    await source.close()
  }
}

/** An error of a file beside a checkpoint is not one of the checkpoint, which may be in the middle of its download. */
export async function blamingNeighbour<T>(
  { name }: TextFile,
  read: () => T | Promise<T>,
): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (!(cause instanceof FormatError) || cause instanceof NeighbourError) throw cause
    const own = cause.message.startsWith(`${name} `)
    const problem = own ? cause.message.slice(name.length + 1) : `can't be used: ${cause.message}`
    throw new NeighbourError(name, problem, { cause })
  }
}

/** Whether bytes begin as a JSON object does. */
export const beginsObject = (bytes: Uint8Array): boolean => /^\s*\{/.test(beginning(bytes))

const mergesLine = /^.{0,40}#version: 0\.2\s*$/

/** Whether bytes begin as a file of merges does, packed with gzip or not. */
export const beginsMerges = (bytes: Uint8Array): boolean =>
  isGzip(bytes) || mergesLine.test(beginning(bytes).split('\n', 1)[0]!)

export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

const beginning = (bytes: Uint8Array) => new TextDecoder().decode(bytes.subarray(0, 80))
