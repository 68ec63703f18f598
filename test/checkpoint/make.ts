import { crc32, deflateRawSync } from 'node:zlib'

/** Small files for the tests, right or wrong on purpose. */

const utf8 = new TextEncoder()

export function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Little-endian numbers of 1, 2, 4 or 8 bytes: `[value, size]`. */
function fields(...values: [value: number, size: number][]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, [, size]) => sum + size, 0))
  let at = 0
  for (const [value, size] of values) {
    let rest = BigInt(value)
    for (let i = 0; i < size; i++) {
      bytes[at++] = Number(rest & 255n)
      rest >>= 8n
    }
  }
  return bytes
}

/** An `.npy` file with this header text, whatever it says. */
export function npyOf(header: string, data: Uint8Array, version = 1): Uint8Array {
  const text = utf8.encode(header)
  const magic = concat(new Uint8Array([0x93]), utf8.encode('NUMPY'), new Uint8Array([version, 0]))
  return concat(magic, fields([text.length, version === 1 ? 2 : 4]), text, data)
}

export const npyHeader = (descr: string, shape: readonly number[], fortran = false) =>
  `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }\n`

export const npyF32 = (shape: readonly number[], values: ArrayLike<number>) =>
  npyOf(npyHeader('<f4', shape), new Uint8Array(Float32Array.from(values).buffer))

/** A member of an archive; what is given replaces what would be true. */
export interface MemberToMake {
  name: string
  data: Uint8Array
  deflate?: boolean
  local?: Partial<Record<'flags' | 'method' | 'crc' | 'compressed' | 'size', number>> & {
    name?: string
  }
  central?: Partial<
    Record<
      'flags' | 'method' | 'crc' | 'compressed' | 'size' | 'offset' | 'disk' | 'version',
      number
    >
  > & { name?: string }
  zip64?: boolean
  /** Sizes and CRC follow the data (bit 3). */
  descriptor?: boolean
}

export interface EndToMake {
  entries?: number
  size?: number
  offset?: number
  comment?: Uint8Array
  zip64?: boolean
  zip64Entries?: number
  before?: Uint8Array
}

export function zipOf(members: readonly MemberToMake[], end: EndToMake = {}): Uint8Array {
  const parts: Uint8Array[] = end.before ? [end.before] : []
  const directory: Uint8Array[] = []
  let offset = end.before?.length ?? 0
  for (const member of members) {
    const { local, central } = recordsOf(member, offset)
    parts.push(local)
    directory.push(central)
    offset += local.length
  }
  const central = concat(...directory)
  const entries = end.entries ?? members.length
  const size = end.size ?? central.length
  const start = end.offset ?? offset
  const comment = end.comment ?? new Uint8Array(0)
  const end64 = end.zip64
    ? concat(
        fields([0x06064b50, 4], [44, 8], [45, 2], [45, 2], [0, 4], [0, 4]),
        fields(
          [end.zip64Entries ?? entries, 8],
          [end.zip64Entries ?? entries, 8],
          [size, 8],
          [start, 8],
        ),
        fields([0x07064b50, 4], [0, 4], [offset + central.length, 8], [1, 4]),
      )
    : new Uint8Array(0)
  const saturate = (value: number, most: number) => (end.zip64 ? most : value)
  return concat(
    ...parts,
    central,
    end64,
    fields([0x06054b50, 4], [0, 2], [0, 2]),
    fields([saturate(entries, 0xffff), 2], [saturate(entries, 0xffff), 2]),
    fields([saturate(size, 0xffffffff), 4], [saturate(start, 0xffffffff), 4], [comment.length, 2]),
    comment,
  )
}

function recordsOf(
  member: MemberToMake,
  offset: number,
): { local: Uint8Array; central: Uint8Array } {
  const raw = member.deflate ? new Uint8Array(deflateRawSync(member.data)) : member.data
  const truth = {
    flags: member.descriptor ? 8 : 0,
    method: member.deflate ? 8 : 0,
    crc: crc32OfNode(member.data),
    compressed: raw.length,
    size: member.data.length,
    offset,
    disk: 0,
    version: 45,
    name: member.name,
  }
  const later = member.descriptor ? { crc: 0, compressed: 0, size: 0 } : {}
  const l = { ...truth, ...later, ...member.local }
  const c = { ...truth, ...member.central }
  const big = (value: number) => (member.zip64 ? 0xffffffff : value)
  const extra = (...values: number[]) =>
    member.zip64
      ? concat(fields([1, 2], [values.length * 8, 2]), ...values.map((value) => fields([value, 8])))
      : new Uint8Array(0)
  const localName = utf8.encode(l.name)
  const localExtra = extra(l.size, l.compressed)
  const centralName = utf8.encode(c.name)
  const centralExtra = extra(c.size, c.compressed, c.offset)
  return {
    local: concat(
      fields([0x04034b50, 4], [45, 2], [l.flags, 2], [l.method, 2], [0, 4], [l.crc, 4]),
      fields(
        [big(l.compressed), 4],
        [big(l.size), 4],
        [localName.length, 2],
        [localExtra.length, 2],
      ),
      localName,
      localExtra,
      raw,
      member.descriptor
        ? fields([0x08074b50, 4], [truth.crc, 4], [raw.length, 4], [member.data.length, 4])
        : new Uint8Array(0),
    ),
    central: concat(
      fields(
        [0x02014b50, 4],
        [45, 2],
        [c.version, 2],
        [c.flags, 2],
        [c.method, 2],
        [0, 4],
        [c.crc, 4],
      ),
      fields(
        [big(c.compressed), 4],
        [big(c.size), 4],
        [centralName.length, 2],
        [centralExtra.length, 2],
      ),
      fields([0, 2], [c.disk, 2], [0, 2], [0, 4], [big(c.offset), 4]),
      centralName,
      centralExtra,
    ),
  }
}

/** Not every Node 20 has `zlib.crc32`; bit by bit it is short enough, and independent of ours. */
function crc32OfNode(bytes: Uint8Array): number {
  if (typeof crc32 === 'function') return crc32(bytes)
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}

/** A safetensors file with this header, whatever it says. */
export function safetensorsOf(
  header: string | Uint8Array,
  data: Uint8Array,
  length?: number,
): Uint8Array {
  const text = typeof header === 'string' ? utf8.encode(header) : header
  return concat(fields([length ?? text.length, 8]), text, data)
}
