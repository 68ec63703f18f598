import type { SchemaElement } from 'hyparquet/src/index.js'
import type { ColumnSource } from 'hyparquet-writer'

/** Writes a parquet file piece by piece. */
export interface ParquetPieces {
  /** A row group: the columns of the schema, in its order. Returns the bytes to be written next. */
  group(columns: ColumnSource[]): Uint8Array
  /** The end of the file, with texts by their keys. */
  end(texts?: Readonly<Record<string, string>>): Uint8Array
}

export async function parquetPieces(schema: SchemaElement[]): Promise<ParquetPieces> {
  const [{ ParquetWriter }, { ByteWriter }] = await Promise.all([
    import('hyparquet-writer/src/parquet-writer.js'),
    import('hyparquet-writer/src/bytewriter.js'),
  ])
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({ writer: bytes, schema, createdBy: 'vitrine' })
  const taken = () => {
    const piece = bytes.getBytes().slice()
    bytes.index = 0
    return piece
  }
  return {
    group(columnData) {
      writer.write({ columnData, rowGroupSize: columnData[0]!.data.length })
      return taken()
    },
    end(texts = {}) {
      writer.kvMetadata = Object.entries(texts).map(([key, value]) => ({ key, value }))
      writer.finish()
      return taken()
    },
  }
}

/** A column of texts. */
export const textColumn = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'REQUIRED',
})

/** A column of lists, none of which and nothing in which is missing. */
export const listColumn = (
  name: string,
  element: Omit<SchemaElement, 'name' | 'repetition_type'>,
): SchemaElement[] => [
  { name, converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { ...element, name: 'element', repetition_type: 'REQUIRED' },
]

/** The whole schema of so many columns. */
export const schemaOf = (...columns: (SchemaElement | SchemaElement[])[]): SchemaElement[] => [
  { name: 'schema', num_children: columns.length },
  ...columns.flat(),
]
