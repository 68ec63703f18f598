import { Command, InvalidArgumentError, Option } from 'commander'
import type { Level } from '../../../bench/cases/case.ts'
import { benchCompareCommand } from '../bench/compare.ts'
import type { BenchFlags } from '../bench/flags.ts'
import { benchInstallCommand } from '../bench/install.ts'
import { examples } from '../help-text.ts'
import { parseCount, parseImageSize } from '../options/values.ts'

const words = (text: string) => {
  const list = text.split(',').map((word) => word.trim())
  if (list.every((word) => word !== '')) return list
  throw new InvalidArgumentError('Expected names with commas between.')
}

const counts = (text: string) => words(text).map(parseCount(1))

const seconds = (text: string) => {
  const value = Number(text)
  if (/^\d*\.?\d+$/.test(text) && value > 0 && value <= 3600) return value
  throw new InvalidArgumentError('Expected seconds, such as 0.5.')
}

const levels = (text: string) =>
  words(text).map((word) => {
    if (['model', 'cold', 'block', 'op'].includes(word)) return word as Level
    throw new InvalidArgumentError('There are model, cold, block and op.')
  })

/** `vitrine bench`: which backend is fastest here, for which model. */
export function benchCommand(signal: AbortSignal): Command {
  return new Command('bench')
    .description('Measure backends and other engines side by side, on any ViT.')
    .enablePositionalOptions()
    .option('--models <names>', 'variants, with commas between', words, [
      'ViT-Ti_16',
      'ViT-S_16',
      'ViT-B_16',
    ])
    .option(
      '--backends <names>',
      'wasm, reference, ort-web, litert, … (see below); else what is installed',
      words,
    )
    .option('--with <names>', 'install these engines into the cache first; all for all', words, [])
    .option('--level <names>', 'model, cold (start to first answer), block, op', levels, ['model'])
    .option('--weights <file>', 'a checkpoint instead of random weights')
    .option('--shapes <file>', 'the products of level op: lines of "name rows inner columns times"')
    .option('--image-size <pixels>', 'another input size: 224 or HEIGHTxWIDTH', parseImageSize)
    .option('--batch <counts>', 'images per run', counts, [1])
    .option('--threads <counts>', 'threads that compute', counts, [1])
    .option('--baseline <name>', 'what ratios are taken against; else wasm, or the first')
    .option('--no-flagged', 'leave out the rows of others with V8’s 256-bit flag')
    .addOption(
      new Option(
        '--graph <which>',
        'what others are given; pruned computes one row of the last block',
      )
        .choices(['full', 'pruned'])
        .default('full'),
    )
    .option(
      '--node <which>',
      'the Node that runs the engines: a path, or 20, 22, 24, 26 (installed, Linux x64)',
    )
    .option('--browser <which>', 'measure in a browser: chromium, firefox, or a path')
    .option('--serve', 'serve the page that does the same, to any browser of this machine')
    .option('--rounds <count>', 'turns of each engine', parseCount(1), 6)
    .option('--turn <seconds>', 'how long a turn is, at least two runs', seconds, 0.6)
    .option('--warm <seconds>', 'shortest warm-up of each engine', seconds, 2)
    .option('--timeout <seconds>', 'how long any one answer may take', seconds, 600)
    .option('--json <file>', 'every single time, with machine, versions and settings')
    .option('--html <file>', 'one page with plots that needs nothing else')
    .addHelpText('after', () => engineHelp)
    .addHelpText(
      'after',
      examples(
        ['vitrine bench --with litert,ort-web', 'beside two others, which are installed first'],
        ['vitrine bench --models L_16 --backends wasm,ort-node --html l16.html', ''],
        [
          'vitrine bench --level op --models B_16 --backends wasm:simd8,wasm',
          'products, two builds',
        ],
        ['vitrine bench compare before.json after.json', 'what became slower'],
      ),
    )
    .addCommand(benchCompareCommand(signal))
    .addCommand(benchInstallCommand(signal))
    .action(async (flags: BenchFlags) => {
      const { bench } = await import('../bench/run.ts')
      await bench(flags, signal)
    })
}

const engineHelp = `
Engines: wasm, webgpu, tfjs, reference (this package); ort-node (native), ort-web, litert, tfjs-wasm,
tfjs-cpu, jax, candle (built in a checkout); ort-webgpu, ort-node-webgpu, litert-webgpu, tfjs-webgpu,
tfjs-webgl on GPUs.
ENGINE@VERSION takes another version, ENGINE:int8 another type,
wasm:simd8, wasm:relaxed16, wasm:dot8 certain kernels, wasm:narrow no 256 bits, litert:wide V8's
256-bit flag for another engine, webgpu:f16:matrices a GPU's units for matrices (Node).`
