/** An update, as `train.jsonl` has it. */
export interface LoggedStep {
  readonly step: number
  readonly loss: number
  readonly imagesPerSecond: number
}

export interface LoggedEvaluation {
  readonly step: number
  readonly accuracy: number
}

/** What a run wrote. */
export interface Log {
  readonly steps: readonly LoggedStep[]
  readonly validation: readonly LoggedEvaluation[]
  /** The share of the test pictures that was right in the end, 0 to 1; undefined while the run goes on. */
  readonly test: number | undefined
}

type Line = Partial<LoggedStep> & {
  readonly step: number
  readonly validation?: { readonly accuracy: number }
  readonly test?: { readonly accuracy: number }
}

/** Reads a log. Where a run was interrupted, updates were made twice; the later ones count. */
export function readLog(text: string): Log {
  const steps = new Map<number, LoggedStep>()
  const validation = new Map<number, LoggedEvaluation>()
  let test: number | undefined
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    const { step, loss, imagesPerSecond, ...more } = JSON.parse(line) as Line
    if (loss !== undefined && imagesPerSecond !== undefined) {
      steps.set(step, { step, loss, imagesPerSecond })
    }
    if (more.validation) validation.set(step, { step, accuracy: more.validation.accuracy })
    if (more.test) test = more.test.accuracy
  }
  return { steps: sorted(steps), validation: sorted(validation), test }
}

const sorted = <T extends { step: number }>(of: ReadonlyMap<number, T>): T[] =>
  [...of.values()].sort((one, other) => one.step - other.step)
