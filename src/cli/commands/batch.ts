import { Command, Option } from 'commander'
import type { BatchFlags } from '../batch/flags.ts'
import { examples } from '../help-text.ts'
import { withLabelsOption } from '../options/labels.ts'
import { withModelOptions } from '../options/model.ts'
import { parseCount } from '../options/values.ts'

/** `vitrine batch`: many images on many machines. */
export function batchCommand(signal: AbortSignal): Command {
  const command = new Command('batch')
    .description(
      'Compute classes or embeddings of many images, on one machine or many. The same command goes on with a job.',
    )
    .argument(
      '[manifest...]',
      'files, folders, quoted patterns, URLs, .tar archives, lists (.txt, .csv, .jsonl), s3://bucket/prefix; none: the job of the folder',
    )
    .requiredOption('-o, --out <folder>', 'the folder of the job, which all its workers share')
    .option('-r, --recursive', 'include the subfolders of folders')
    .option('--embed', 'compute embeddings; without it, the most probable classes')
    .option('--top <n>', 'number of classes (default: 5)', parseCount(1))
    .addOption(
      new Option(
        '--pool <name>',
        'with --embed: the class token, the mean of the patches, or the attention pooling (default: what the head multiplies)',
      ).choices(['class', 'mean', 'map']),
    )
    .option('--normalize', 'with --embed: scale vectors to length 1 (L2)')
    .addOption(
      new Option(
        '--format <name>',
        'of results (default: jsonl for classes, parquet for embeddings); npy is as clip-retrieval has it',
      ).choices(['jsonl', 'parquet', 'npy']),
    )
    .addOption(
      new Option(
        '--out-dtype <type>',
        'with --embed: the type of the numbers (default: f16 for npy, else f32)',
      ).choices(['f32', 'f16']),
    )
    .option(
      '--shard-size <n>',
      'images that are computed together',
      parseCount(1, 10_000_000),
      1000,
    )
    .addOption(
      new Option('--duplicates <what>', 'an image that is listed twice: an error, or counted once')
        .choices(['refuse', 'skip'])
        .default('refuse'),
    )
    .option('--root <folder>', 'where relative paths of the manifest begin on this machine')
    .option(
      '--queue <queue>',
      'who computes what: leases (files in the folder), nats://HOST, or kubernetes (an Indexed Job)',
      'leases',
    )
    .option(
      '--completions <n>',
      'with --queue kubernetes: the completions of the Job (default: one for each shard)',
      parseCount(1),
    )
    .option(
      '--lease <seconds>',
      'after such a silence another worker takes a shard',
      parseCount(1),
      30,
    )
    .option('--workers <n>', 'processes on this machine', parseCount(1, 256), 1)
    .option('--plan', 'only write the manifest and its shards')
    .option('--verify', 'read all results again, and compute anew what is damaged')
    .option('--retry-failed', 'try again what failed')
    .addOption(new Option('--child').hideHelp())
    .option('--json', 'the summary as a JSON object on the standard output')
  return withLabelsOption(withModelOptions(command))
    .addHelpText(
      'after',
      examples(
        ['vitrine batch -r photos --out classes', 'the five most probable classes, as JSON lines'],
        [
          'vitrine batch --out classes',
          'go on with that job, or help with it from another machine',
        ],
        [
          'vitrine batch shards/*.tar --embed --normalize --format npy --out clip',
          'for clip-retrieval',
        ],
        ['vitrine batch list.csv --out job --queue nats://broker:4222', 'shared by NATS JetStream'],
      ),
    )
    .action(async (manifest: string[], flags: BatchFlags) => {
      const { batch } = await import('../batch/run.ts')
      await batch(command, manifest, flags, signal)
    })
}
