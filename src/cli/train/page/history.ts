import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError, SourceError } from '../../../errors.ts'
import { visible } from '../../../platform/url-name.ts'
import { type LogEntry, readJSONLines } from '../../../train/log/json-lines.ts'
import {
  apply,
  type EvaluationFacts,
  emptyRecord,
  type RunFacts,
  type RunRecord,
} from './messages.ts'

/** What a run folder has beside its log: what the run is, and the latest evaluation of each split. */
export const FACTS = 'run.json'
const LOG = 'train.jsonl'

export interface RunFile {
  readonly run: RunFacts
  readonly evaluations: Readonly<Record<string, EvaluationFacts>>
}

/**
 * What the folder of a run says of it, with or without a page while it ran.
 * @returns undefined for a folder without a log
 * @throws SourceError where a file can't be read, FormatError for files that are damaged
 */
export async function readRun(folder: string): Promise<RunRecord | undefined> {
  const [log, facts] = await Promise.all([textOf(join(folder, LOG)), textOf(join(folder, FACTS))])
  if (log === undefined) return undefined
  const record = emptyRecord()
  if (facts !== undefined) {
    const { run, evaluations } = parseFacts(facts, visible(join(folder, FACTS)))
    apply(record, { type: 'run', run: { ...run, done: 0 } })
    Object.assign(record.evaluations, evaluations)
  }
  for (const entry of readJSONLines(log, visible(join(folder, LOG)))) take(record, entry)
  const last = record.steps.at(-1)?.step ?? 0
  const isDone = record.run !== undefined && last >= record.run.totalSteps
  apply(record, { type: 'end', how: isDone ? 'finished' : 'stopped' })
  return record
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new SourceError(`Can't read ${visible(path)}: ${message}.`, { cause })
  }
}

function parseFacts(text: string, name: string): RunFile {
  try {
    const { run, evaluations } = JSON.parse(text) as RunFile
    if (Array.isArray(run.labels) && typeof evaluations === 'object') return { run, evaluations }
  } catch {
    // Said below.
  }
  throw new FormatError(`${name} is damaged: it does not say what was trained.`)
}

const isNumber = (value: unknown): value is number => typeof value === 'number'

/** A line of the log. Numbers that JSON does not have are texts there, and no points of a curve. */
function take(
  record: RunRecord,
  { step, loss, learningRate, imagesPerSecond, validation }: LogEntry,
) {
  if (!isNumber(step)) return
  if (isNumber(loss) && isNumber(learningRate) && isNumber(imagesPerSecond)) {
    apply(record, { type: 'step', step, loss, learningRate, imagesPerSecond })
  }
  const score = (validation ?? {}) as Partial<Record<string, unknown>>
  const { accuracy, loss: heldOut, pictures } = score
  if (isNumber(accuracy) && isNumber(heldOut) && isNumber(pictures)) {
    apply(record, { type: 'score', step, accuracy, loss: heldOut, pictures })
  }
}
