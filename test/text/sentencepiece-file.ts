/** Models of sentencepiece, made by hand. */

const types = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

export interface PieceToMake {
  readonly text: string
  readonly score?: number
  readonly type?: keyof typeof types
}

export interface ModelToMake {
  /** `unigram` is 1, `bpe` 2, `word` 3. */
  readonly type: number
  readonly pieces: readonly PieceToMake[]
  readonly byteFallback?: boolean
  readonly endPiece?: string
  readonly spaceAfter?: boolean
  readonly removeExtraSpaces?: boolean
  readonly addSpace?: boolean
  /** What texts become, as rules for characters. */
  readonly rules?: Readonly<Record<string, string>>
}

const utf8 = (text: string) => [...new TextEncoder().encode(text)]

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))]
}

const tag = (field: number, wire: number) => varint(field * 8 + wire)
const number = (field: number, value: number | boolean) => [...tag(field, 0), ...varint(+value)]
const bytes = (field: number, value: readonly number[]) => [
  ...tag(field, 2),
  ...varint(value.length),
  ...value,
]
const float = (field: number, value: number) => [
  ...tag(field, 5),
  ...new Uint8Array(Float32Array.of(value).buffer),
]

export function makeModel(model: ModelToMake): Uint8Array {
  const { type, pieces, byteFallback = false, endPiece = '</s>', spaceAfter = false } = model
  const { removeExtraSpaces = true, addSpace = true, rules } = model
  const piece = ({ text, score = 0, type = 'normal' }: PieceToMake) => [
    ...bytes(1, utf8(text)),
    ...float(2, score),
    ...number(3, types[type]),
  ]
  return Uint8Array.from([
    ...pieces.flatMap((one) => bytes(1, piece(one))),
    ...bytes(2, [
      ...number(3, type),
      ...number(24, spaceAfter),
      ...number(35, byteFallback),
      ...bytes(47, utf8(endPiece)),
    ]),
    ...bytes(3, [
      ...bytes(1, utf8('made')),
      ...(rules ? bytes(2, makeCharsmap(rules)) : []),
      ...number(3, addSpace),
      ...number(4, removeExtraSpaces),
      ...number(5, true),
    ]),
  ])
}

/** The pieces that every model here begins with. */
export const special: readonly PieceToMake[] = [
  { text: '<pad>', type: 'control' },
  { text: '</s>', type: 'control' },
  { text: '<unk>', type: 'unknown' },
]

export const bytePieces: readonly PieceToMake[] = Array.from({ length: 256 }, (_, byte) => ({
  text: `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
  type: 'byte' as const,
}))

interface Node {
  readonly children: Map<number, Node>
  value?: number
}

/** A trie as a double array after its size, then the texts, each with a zero at its end. */
function makeCharsmap(rules: Readonly<Record<string, string>>): number[] {
  const root: Node = { children: new Map() }
  const texts: number[] = []
  for (const [from, to] of Object.entries(rules)) {
    let node = root
    for (const byte of utf8(from)) {
      const child = node.children.get(byte) ?? { children: new Map() }
      node.children.set(byte, child)
      node = child
    }
    node.value = texts.length
    texts.push(...utf8(to), 0)
  }
  const units: number[] = [0]
  const taken = new Set([0])
  place(root, 0, 0)
  const trie = Uint32Array.from({ length: units.length }, (_, i) => units[i] ?? 0)
  const size = [...new Uint8Array(Uint32Array.of(trie.byteLength).buffer)]
  return [...size, ...new Uint8Array(trie.buffer), ...texts]

  /** Writes the unit of a node, and those of its children where all of them are free. */
  function place(node: Node, at: number, label: number): void {
    const labels = [...node.children.keys(), ...(node.value === undefined ? [] : [0])]
    let offset = 1
    while (labels.some((label) => taken.has(at ^ offset ^ label))) offset++
    for (const label of labels) taken.add(at ^ offset ^ label)
    units[at] = (offset << 10) | (node.value === undefined ? 0 : 0x100) | label
    if (node.value !== undefined) units[at ^ offset] = (0x8000_0000 | node.value) >>> 0
    for (const [label, child] of node.children) place(child, at ^ offset ^ label, label)
  }
}
