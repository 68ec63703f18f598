/** CLIP's files with few merges, made by hand. */

const printable = (byte: number) =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae
const allBytes = Array.from({ length: 256 }, (_, byte) => byte)
const characters = [
  ...allBytes.filter(printable).map((byte) => String.fromCodePoint(byte)),
  ...allBytes.filter((byte) => !printable(byte)).map((_, i) => String.fromCodePoint(256 + i)),
]

/** Longer words are made of the shorter ones: `c at</w>` follows `a t</w>`. */
export const merges = ['a t</w>', 'c at</w>', 'd o', 'do g</w>', 't h', 'th e</w>', 'Ã ©</w>']

export const pieces = [
  ...characters,
  ...characters.map((character) => `${character}</w>`),
  ...merges.map((merge) => merge.replace(' ', '')),
  '<|startoftext|>',
  '<|endoftext|>',
]

export const numberOf = (piece: string) => pieces.indexOf(piece)
export const start = numberOf('<|startoftext|>')
export const end = numberOf('<|endoftext|>')

const utf8 = (text: string) => new TextEncoder().encode(text)

export const mergesFile = (lines: readonly string[] = merges) =>
  utf8(`"made by hand#version: 0.2\n${lines.join('\n')}\n`)

export const numbers = () => Object.fromEntries(pieces.map((piece, number) => [piece, number]))

export const vocabularyFile = (vocabulary: unknown = numbers()) => utf8(JSON.stringify(vocabulary))

const pattern = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"

/** A `tokenizer.json` as transformers writes it. */
export function tokenizerObject() {
  const mark = (content: string) => ({ content, id: numberOf(content), special: true })
  return {
    version: '1.0',
    added_tokens: [mark('<|startoftext|>'), mark('<|endoftext|>')],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ] as { type: string }[],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    model: {
      type: 'BPE',
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      byte_fallback: false,
      vocab: numbers() as Record<string, unknown>,
      merges: merges.map((merge) => merge.split(' ')) as unknown[],
    },
  }
}

export const jsonFile = (json: unknown) => utf8(JSON.stringify(json))
