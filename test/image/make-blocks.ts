import { join, seeded } from './make.ts'

export interface BlocksSpec {
  readonly width: number
  readonly height: number
  /** Sampling factors of each channel, as the frame header has them: 0x21 is 2 across and 1 down. */
  readonly sampling: readonly number[]
  /** Units between two restart markers; 0 for none. */
  readonly interval?: number
  /** One scan of all channels, or one of each. */
  readonly scans?: 'one' | 'each'
  readonly seed?: number
}

const segment = (marker: number, content: readonly number[]) =>
  join([0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255], content)

/** Symbols whose codes all have the same length: each code is the place of its symbol. */
const DC_SYMBOLS = Array.from({ length: 12 }, (_, i) => i)
const AC_SYMBOLS = [
  0x00,
  0xf0,
  ...Array.from({ length: 160 }, (_, i) => ((i / 10) << 4) | ((i % 10) + 1)),
]

const table = (place: number, length: number, symbols: readonly number[]) =>
  segment(0xc4, [
    place,
    ...Array.from({ length: 16 }, (_, i) => (i + 1 === length ? symbols.length : 0)),
    ...symbols,
  ])

const bits = (value: number, length: number) =>
  length === 0 ? '' : value.toString(2).padStart(length, '0')

/** A baseline JPEG of random coefficients, written straight from ITU-T T.81: any sampling, any restart interval. */
export function blocksJPEG(spec: BlocksSpec): Uint8Array {
  const { width, height, sampling, interval = 0, scans = 'one', seed = 1 } = spec
  const random = seeded(seed)
  const whole = (below: number) => Math.floor(random() * below)
  const channels = sampling.map((factors, i) => ({
    id: i + 1,
    across: factors >> 4,
    down: factors & 15,
  }))
  const most = (key: 'across' | 'down') => Math.max(...channels.map((one) => one[key]))

  const amplitude = (size: number) => bits(whole(2 ** size), size)
  function block(): string {
    const size = whole(5)
    let text = bits(size, 4) + amplitude(size)
    for (let k = 1; k < 64; ) {
      const zeros = whole(20)
      if (k + zeros > 63) break
      if (zeros > 15) {
        text += bits(AC_SYMBOLS.indexOf(0xf0), 8)
        k += 16
        continue
      }
      const size = 1 + whole(3)
      text += bits(AC_SYMBOLS.indexOf((zeros << 4) | size), 8) + amplitude(size)
      k += zeros + 1
      if (k === 64) return text
    }
    return text + bits(AC_SYMBOLS.indexOf(0), 8)
  }

  function scan(of: typeof channels): Uint8Array {
    const [only] = of
    const units =
      of.length > 1
        ? Math.ceil(width / (8 * most('across'))) * Math.ceil(height / (8 * most('down')))
        : Math.ceil((width * only!.across) / most('across') / 8) *
          Math.ceil((height * only!.down) / most('down') / 8)
    const perUnit = of.length > 1 ? of.reduce((sum, { across, down }) => sum + across * down, 0) : 1
    const parts = [segment(0xda, [of.length, ...of.flatMap(({ id }) => [id, 0]), 0, 63, 0])]
    const step = interval || units
    for (let unit = 0, restart = 0; unit < units; unit += step) {
      if (unit > 0) parts.push(Uint8Array.of(0xff, 0xd0 + (restart++ % 8)))
      const count = Math.min(step, units - unit) * perUnit
      const text = Array.from({ length: count }, block).join('')
      const bytes = text.match(/.{1,8}/g)!.map((byte) => Number.parseInt(byte.padEnd(8, '1'), 2))
      parts.push(Uint8Array.from(bytes.flatMap((byte) => (byte === 255 ? [255, 0] : [byte]))))
    }
    return join(...parts)
  }

  const size = [height >> 8, height & 255, width >> 8, width & 255]
  return join(
    [0xff, 0xd8],
    segment(0xdb, [0, ...new Array<number>(64).fill(6)]),
    segment(0xc0, [8, ...size, channels.length, ...sampling.flatMap((s, i) => [i + 1, s, 0])]),
    table(0x00, 4, DC_SYMBOLS),
    table(0x10, 8, AC_SYMBOLS),
    ...(interval > 0 ? [segment(0xdd, [interval >> 8, interval & 255])] : []),
    ...(scans === 'one' ? [channels] : channels.map((one) => [one])).map(scan),
    [0xff, 0xd9],
  )
}
