import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { crc32c } from '../../../src/bytes/crc32c.ts'
import { joinBytes } from '../../../src/bytes/join.ts'
import { FormatError, SourceError } from '../../../src/errors.ts'
import { EventLog, eventFileName, readEvents, TAGS } from '../../../src/train/log/event-log.ts'
import { decodeEvent, encodeEvent, type LoggedEvent } from '../../../src/train/log/events.ts'
import { JSONLinesLog, readJSONLines } from '../../../src/train/log/json-lines.ts'
import { appendTo } from '../../../src/train/log/node/append.ts'
import { maskedCRC, readRecords, recordOf } from '../../../src/train/log/records.ts'
import type { LogSink } from '../../../src/train/log/sink.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { sharedBytes, sharedJSON, sharedTest } from '../../shared.ts'

const ascii = (text: string) => new TextEncoder().encode(text)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function memorySink(): LogSink & { bytes(): Uint8Array } {
  const parts: Uint8Array[] = []
  return {
    async append(bytes) {
      parts.push(Uint8Array.from(bytes))
    },
    async close() {},
    bytes: () => joinBytes(parts),
  }
}

test('CRC-32C has the check value of its standard', () => {
  assert.is(crc32c(ascii('123456789')), 0xe3069283)
  assert.is(crc32c(new Uint8Array(32)), 0x8a9136aa)
  assert.is(maskedCRC(new Uint8Array(0)), 0xa282ead8)
})

test('records are read back; damage and a cut are found where they are', () => {
  const parts = [ascii('one'), new Uint8Array(0), ascii('three')].map(recordOf)
  const file = joinBytes(parts)
  assert.equal(
    [...readRecords(file)].map((data) => Buffer.from(data).toString()),
    ['one', '', 'three'],
  )
  const expect = (bytes: Uint8Array, message: RegExp, before: number) => {
    let read = 0
    try {
      for (const _ of readRecords(bytes, 'log')) read++
      assert.unreachable()
    } catch (error) {
      assert.instance(error, FormatError)
      assert.match((error as Error).message, message)
    }
    assert.is(read, before)
  }
  const damaged = file.slice()
  damaged[12] = 0
  expect(damaged, /byte 0 does not match its checksum/, 0)
  damaged.set(file)
  damaged[parts[0]!.length] = 9
  expect(damaged, /byte 19 has a length that does not match/, 1)
  expect(file.subarray(0, -1), /byte 35 is cut off/, 2)
  expect(file.subarray(0, 20), /byte 19 is cut off/, 1)
})

test('an event file has a version first, then an event for each number', async () => {
  const sink = memorySink()
  let time = 5000
  const log = await EventLog.begin(sink, { now: () => time++ })
  await log.scalars(0, { [TAGS.trainLoss]: 2.5 })
  await log.scalars(10, { [TAGS.trainLoss]: 0.1, [TAGS.learningRate]: 0 })
  await log.close()
  assert.equal(
    [...readEvents(sink.bytes())],
    [
      { wallTime: 5, step: 0, fileVersion: 'brain.Event:2' },
      { wallTime: 5.001, step: 0, starts: true },
      { wallTime: 5.002, step: 0, scalars: [{ tag: 'train_loss', value: 2.5 }] },
      { wallTime: 5.003, step: 10, scalars: [{ tag: 'train_loss', value: Math.fround(0.1) }] },
      { wallTime: 5.004, step: 10, scalars: [{ tag: 'lr', value: 0 }] },
    ],
  )
})

test('a scalar is a tensor of one float32, marked for the page of scalars', () => {
  const data = encodeEvent({ wallTime: 2, step: 5, scalars: [{ tag: 'a', value: 1.5 }] })
  const tensor = '420a08011200' + '22040000c03f'
  const metadata = `4a0b0a090a07${hex(ascii('scalars'))}`
  assert.is(hex(data), `0900000000000000401005${'2a1e0a1c'}0a0161${tensor}${metadata}`)
})

test('a resumed run says from where on its numbers replace earlier ones', async () => {
  const sink = memorySink()
  await EventLog.begin(sink, { firstStep: 40, now: () => 1000 })
  assert.equal(
    [...readEvents(sink.bytes())],
    [
      { wallTime: 1, step: 0, fileVersion: 'brain.Event:2' },
      { wallTime: 1, step: 40, starts: true },
    ],
  )
})

test('names of event files are those that TensorBoard looks for', () => {
  assert.is(eventFileName(1700000000999, 'a1'), 'events.out.tfevents.1700000000.vitrine.a1')
})

test('numbers are read from simple values, from tensors of floats and of doubles', () => {
  const event = (value: string) => {
    const summary = `0a${(value.length / 2).toString(16).padStart(2, '0')}${value}`
    return decodeEvent(
      Buffer.from(`2a${(summary.length / 2).toString(16).padStart(2, '0')}${summary}`, 'hex'),
    )
  }
  const tag = '0a0161'
  const expected = [{ tag: 'a', value: 1.5 }]
  assert.equal(event(`${tag}150000c03f`).scalars, expected)
  assert.equal(event(`${tag}420a080112002a040000c03f`).scalars, expected)
  assert.equal(event(`${tag}420e080212002208000000000000f83f`).scalars, expected)
  // A tensor of two numbers is no scalar.
  assert.equal(event(`${tag}420e0801120022080000c03f0000c03f`).scalars, [])
})

test('what is no event is refused', () => {
  assert.throws(
    () =>
      decodeEvent(
        Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      ),
    (error: unknown) => error instanceof FormatError,
  )
})

test('lines are read back, numbers that JSON lacks as texts, and a line that is cut off is left out', async () => {
  const sink = memorySink()
  const log = new JSONLinesLog(sink)
  await log.write({ step: 1, loss: Number.NaN, text: 'a\nb' })
  await log.write({ step: 2, loss: 0.5 })
  const text = new TextDecoder().decode(sink.bytes())
  assert.equal(readJSONLines(text), [
    { step: 1, loss: 'NaN', text: 'a\nb' },
    { step: 2, loss: 0.5 },
  ])
  assert.is(readJSONLines(text.slice(0, -2)).length, 1)
  assert.throws(() => readJSONLines(`{"a":1}\n[2]\n`), /line 2 is no JSON object/)
  assert.throws(() => readJSONLines(`{"a":1\n`), /line 1 is no JSON object/)
})

test('a file is appended to; of lines, what was cut off is removed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-log-'))
  try {
    const path = join(folder, 'log.jsonl')
    const first = await appendTo(path, { lines: true })
    await Promise.all([first.append(ascii('{"a":1}\n')), first.append(ascii('{"a":2}\n'))])
    await first.close()
    writeFileSync(path, '{"a":3,"long', { flag: 'a' })
    const second = await appendTo(path, { lines: true })
    await second.append(ascii('{"a":4}\n'))
    await second.close()
    assert.is(readFileSync(path, 'utf8'), '{"a":1}\n{"a":2}\n{"a":4}\n')
    const binary = join(folder, 'events')
    writeFileSync(binary, 'ab')
    const third = await appendTo(binary)
    await third.append(ascii('c'))
    await third.close()
    assert.is(readFileSync(binary, 'utf8'), 'abc')
    await rejects(appendTo(folder), SourceError, /Can't write .*vitrine-log-/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

interface Record {
  readonly data_hex: string
  readonly length_crc: number
  readonly data_crc: number
  readonly wall_time: number
  readonly step?: number
  readonly file_version?: string
  readonly values: readonly { tag: string; simple_value?: number; value?: number }[]
}

interface Golden {
  readonly tensorboard: {
    readonly files: { readonly [writer: string]: { file: string; records: Record[] } }
    readonly crc: readonly { hex: string; crc32c: number; masked: number }[]
  }
}

const golden = () => sharedJSON<Golden>('golden/training-more/golden.json').tensorboard

sharedTest('checksums of TensorFlow', () => {
  const { crc } = golden()
  assert.ok(crc.length > 3)
  for (const one of crc) {
    const bytes = Buffer.from(one.hex, 'hex')
    assert.equal([crc32c(bytes), maskedCRC(bytes)], [one.crc32c, one.masked])
  }
})

sharedTest('event files of TensorFlow 1 and 2 and of PyTorch are read', () => {
  const { files } = golden()
  assert.equal(Object.keys(files).sort(), ['tf1', 'tf2', 'torch'])
  for (const { file, records } of Object.values(files)) {
    const events = [...readEvents(sharedBytes(`golden/training-more/${file}`))]
    const expected = records.map(
      (record): LoggedEvent => ({
        wallTime: record.wall_time,
        step: record.step ?? 0,
        ...(record.file_version !== undefined && { fileVersion: record.file_version }),
        ...(record.values.length > 0 && {
          scalars: record.values.map(({ tag, simple_value, value }) => ({
            tag,
            value: (simple_value ?? value)!,
          })),
        }),
      }),
    )
    assert.equal(events, expected)
  }
})

sharedTest('our events are byte for byte those of the release', () => {
  let compared = 0
  for (const record of golden().files.tf2!.records) {
    if (record.file_version !== undefined) continue
    const { tag, value } = record.values[0]!
    const data = encodeEvent({
      wallTime: record.wall_time,
      step: record.step ?? 0,
      scalars: [{ tag, value: value! }],
    })
    assert.is(hex(data), record.data_hex)
    const view = new DataView(recordOf(data).buffer)
    assert.is(view.getUint32(8, true), record.length_crc)
    assert.is(view.getUint32(12 + data.length, true), record.data_crc)
    compared++
  }
  assert.is(compared, 10)
})

test.run()
