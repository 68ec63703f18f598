import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import type { Backend } from '../../src/backends/backend.ts'
import { wholeRegion } from '../../src/backends/weights.ts'
import type { ViTConfig } from '../../src/families/vit/config.ts'
import { vitProgram } from '../../src/families/vit/program.ts'
import { withOutputs } from '../../src/program/passes/outputs.ts'
import { withoutUnusedRows } from '../../src/program/passes/rows.ts'
import { planMerging, withTokenMerging } from '../../src/program/passes/token-merging.ts'
import type { Program } from '../../src/program/program.ts'
import { smallConfig } from '../checkpoint/models.ts'

// Comparisons with merging/make.py, the paper's algorithm in float64.

export interface MergingRun {
  readonly classifier: 'token' | 'distilled' | 'gap'
  readonly r: readonly number[]
  readonly logits: readonly number[]
  /** For each token that is left, those of the image that it stands for. */
  readonly rows: readonly (readonly number[])[]
}

const file = new URL('./merging/merging.json', import.meta.url)
export const mergingRuns: readonly MergingRun[] = JSON.parse(readFileSync(file, 'utf8'))

/** The sizes of make.py. */
const config: ViTConfig = { ...smallConfig, imageSize: [20, 28], width: 16, depth: 3, mlpWidth: 24 }

function programOf({ classifier }: MergingRun): { program: Program; kept: number } {
  if (classifier === 'gap') {
    return { program: vitProgram({ ...config, classifier, classToken: false }), kept: 0 }
  }
  const distilled = classifier === 'distilled'
  return { program: vitProgram({ ...config, distilled }), kept: distilled ? 2 : 1 }
}

/** Lehmer's generator, as in make.py. */
function generator(seed: number) {
  let state = seed
  return (count: number, scale: number, offset = 0) =>
    Float32Array.from({ length: count }, () => {
      state = (state * 16807) % 2147483647
      return (state / 2147483647 - 0.5) * scale + offset
    })
}

/** Writes the weights of make.py, and computes outputs of an image of it. */
async function compute(backend: Backend, program: Program, whole: Program) {
  const next = generator(7)
  const model = backend.createModel(whole.weights)
  for (const { name, shape } of whole.weights) {
    const count = shape[0] * shape[1]
    const values = name.endsWith('.kernel')
      ? next(count, 4 / Math.sqrt(shape[0]))
      : name.endsWith('.scale')
        ? next(count, 0.5, 1)
        : next(count, name.endsWith('.bias') ? 0.5 : 1)
    // The program adds the logits of both heads, whose mean is wanted.
    const factor = name.startsWith('head') && whole.weights.at(-1)!.name.includes('dist') ? 0.5 : 1
    model.write(
      name,
      wholeRegion(shape),
      0,
      values.map((x) => factor * x),
    )
  }
  const pixels = next(20 * 28 * 3, 2)
  const outputs = await model.compile(program).run({ pixels })
  model.dispose()
  return outputs
}

/** The logits, which are up to 2.2. */
export async function compareLogits(backend: Backend, run: MergingRun, bound: number) {
  const { program, kept } = programOf(run)
  const plan = planMerging(program, run.r, kept)
  const merged = withTokenMerging(program, plan, kept).program
  const wanted = withoutUnusedRows(withOutputs(merged, ['logits']))
  const { logits } = await compute(backend, wanted, program)
  assert.is(logits!.length, run.logits.length)
  const error = logits!.reduce((most, x, i) => Math.max(most, Math.abs(x - run.logits[i]!)), 0)
  assert.ok(error <= bound, `${backend.description}: off by ${error}`)
}

/** Which tokens become one. */
export async function compareRows(backend: Backend, run: MergingRun) {
  const { program: whole, kept } = programOf(run)
  const program = withOutputs(whole, ['norm'])
  const plan = planMerging(program, run.r, kept)
  const { program: merged, rows } = withTokenMerging({ ...program, outputs: {} }, plan, kept)
  const names = rows.filter((name) => name !== undefined)
  const moves = await compute(backend, withOutputs(merged, names), whole)
  const found: number[][] = run.rows.map(() => [])
  for (let token = 0; token < 35 + kept; token++) {
    found[names.reduce((row, name) => moves[name]![row]!, token)]!.push(token)
  }
  assert.equal(found, run.rows, backend.description)
}
