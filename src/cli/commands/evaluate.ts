import { Command, Option } from 'commander'
import type { DatasetEvaluation, EvaluatedSplit } from '../../train/evaluate.ts'
import { examples } from '../help-text.ts'
import { CLASSES, LABEL_COLUMN, readClasses } from '../options/data.ts'
import { withLabelsOption } from '../options/labels.ts'
import { loadModel, type ModelFlags, withModelOptions } from '../options/model.ts'
import { parseCount, parseNumber } from '../options/values.ts'
import { note, write, writeJSON } from '../output.ts'

interface Flags extends ModelFlags {
  dataset: string
  split?: EvaluatedSplit
  validation?: number
  labelColumn?: string
  classes?: string
  top: number
  strict?: true
  report?: string
  json?: true
}

/** `vitrine evaluate`: how well a model classifies a data set, and what it gets wrong. */
export function evaluateCommand(signal: AbortSignal): Command {
  const command = new Command('evaluate')
    .description('Classify a data set and compare with its classes.')
    .requiredOption(
      '--dataset <data>',
      'cifar10, cifar100, a folder with a folder per class, archives',
    )
    .addOption(
      new Option(
        '--split <name>',
        'which pictures (default: those for tests, or all if there are none)',
      ).choices(['test', 'validation', 'train', 'all']),
    )
    .option(
      '--validation <share>',
      'the share that was held out, where it was given to vitrine train',
      parseNumber,
    )
    .option('--label-column <name>', LABEL_COLUMN)
    .option('--classes <file>', CLASSES)
    .option('--top <n>', 'rows of each table; 0 for none', parseCount(0), 10)
    .option('--strict', 'stop at a picture that can’t be read')
    .option('--report <file>', 'write a page with the confusion matrix and the most wrong pictures')
    .option('--json', 'one JSON object')
  return withLabelsOption(withModelOptions(command))
    .addHelpText(
      'after',
      examples(
        ['vitrine evaluate --weights run --dataset photos', 'what vitrine train made'],
        [
          'vitrine evaluate --weights run --dataset photos --dtype int8',
          'what smaller integers cost',
        ],
        [
          'vitrine evaluate --dataset photos --report report.html',
          'the model of this package, on folders named as its classes',
        ],
      ),
    )
    .action((flags: Flags) => run(flags, signal))
}

/** The longer side of the pictures in a report, in pixels. */
const THUMBNAIL = 96

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const [
    { evaluate },
    { loadingBar, progressBar, progressText },
    { evaluationView, noteUnusable },
  ] = await Promise.all([
    import('../../train/evaluate.ts'),
    import('../view/progress.ts'),
    import('../view/evaluation.ts'),
  ])
  const { labelColumn, validation } = flags
  const classes = await readClasses(flags.classes)
  // Workers compute, so that this thread hands out what is decoded meanwhile.
  const model = await loadModel(flags, signal, { blocking: false })
  const [loading, bar] = await Promise.all([loadingBar(), progressBar('evaluating')])
  const start = performance.now()
  try {
    const evaluation = await evaluate(model, flags.dataset, {
      ...{ labelColumn, classes, validation },
      split: flags.split,
      strict: flags.strict,
      thumbnails: flags.report === undefined ? 0 : THUMBNAIL,
      onNotice: note,
      onDownload: loading.take,
      onProgress({ done, total }) {
        loading.stop()
        bar.update(done, total, progressText(done, total, performance.now() - start))
      },
      signal,
    })
    bar.stop()
    noteUnusable(evaluation.unusable)
    if (flags.report !== undefined) await writeReport(flags.report, flags, evaluation, signal)
    if (flags.json) await writeJSON(plain(evaluation), signal)
    else await write(evaluationView(evaluation, flags.top, process.stdout), signal)
  } finally {
    loading.stop()
    bar.stop()
    model.dispose()
  }
}

/** With names of classes in place of their numbers; what no number is known of is null. */
function plain({
  labels,
  classes,
  confused,
  mistakes,
  confusion,
  ...rest
}: DatasetEvaluation): object {
  const name = (label: number) => labels[label]
  return {
    ...rest,
    classes: classes.map((score, label) => ({ name: name(label), ...score })),
    confused: confused.map(({ label, predicted, count }) => ({
      label: name(label),
      predicted: name(predicted),
      count,
    })),
    mistakes: mistakes.map(({ thumbnail: _, ...mistake }) => ({
      ...mistake,
      label: name(mistake.label),
      predicted: name(mistake.predicted),
    })),
    confusion,
  }
}

/** The page of this evaluation; with the curves of the run, if the weights are those of a run's folder. */
async function writeReport(
  path: string,
  { weights, dataset }: Flags,
  evaluation: DatasetEvaluation,
  signal: AbortSignal,
): Promise<void> {
  const [{ evaluationFacts }, { readRun }, { runHtml }, messages, { writeAtomically }] =
    await Promise.all([
      import('../train/page/facts.ts'),
      import('../train/page/history.ts'),
      import('../train/page/html.ts'),
      import('../train/page/messages.ts'),
      import('../output-files/atomic-write.ts'),
    ])
  const before = weights === undefined ? undefined : await readRun(weights)
  const record = before ?? messages.emptyRecord()
  // Numbers of other classes would get the wrong names.
  if (record.labels.join('\n') !== evaluation.labels.join('\n')) record.evaluations = {}
  record.labels = evaluation.labels
  const facts = await evaluationFacts(evaluation, evaluation.split)
  messages.apply(record, { type: 'evaluation', evaluation: facts })
  const html = await runHtml(dataset, record)
  await writeAtomically(path, [Buffer.from(html)], { signal })
  note(`report: ${path}`)
}
