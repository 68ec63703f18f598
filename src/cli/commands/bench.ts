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
  throw new InvalidArgumentError('Expected names separated by commas.')
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
    throw new InvalidArgumentError('The levels are model, cold, block and op.')
  })

/** `vitrine bench`: the speed of backends and other engines on this machine. */
export function benchCommand(signal: AbortSignal): Command {
  return new Command('bench')
    .description('Measure backends and other engines side by side, on any ViT.')
    .enablePositionalOptions()
    .option('--models <names>', 'variants, separated by commas', words, [
      'ViT-Ti_16',
      'ViT-S_16',
      'ViT-B_16',
    ])
    .option(
      '--backends <names>',
      'engines such as wasm, ort-web, litert (see below); default: all that are installed',
      words,
    )
    .option(
      '--with <names>',
      'first install these engines into the cache, then measure them too; all for every engine',
      words,
      [],
    )
    .option('--level <names>', 'model, cold (process start to first answer), block, op', levels, [
      'model',
    ])
    .option('--weights <file>', 'a checkpoint instead of random weights')
    .option(
      '--shapes <file>',
      'matrix products for level op: lines of "name rows inner columns times"',
    )
    .option('--image-size <pixels>', 'input size: 224 or HEIGHTxWIDTH', parseImageSize)
    .option('--batch <counts>', 'images per run', counts, [1])
    .option('--threads <counts>', 'threads per engine', counts, [1])
    .option(
      '--baseline <name>',
      'the engine that ratios are relative to; default: wasm, or the first',
    )
    .option('--no-flagged', 'leave out the extra rows of other engines with V8’s 256-bit flag')
    .addOption(
      new Option(
        '--graph <which>',
        'the model for other engines: full, or pruned to the rows of the last block that the head reads',
      )
        .choices(['full', 'pruned'])
        .default('full'),
    )
    .option(
      '--node <which>',
      'the Node that runs the engines: a path, or 20, 22, 24, 26 (installed, Linux x64)',
    )
    .option('--browser <which>', 'measure in a browser: chromium, firefox, or its path')
    .option('--serve', 'serve a page that runs the benchmark in any browser of this machine')
    .option('--rounds <count>', 'turns of each engine', parseCount(1), 6)
    .option('--turn <seconds>', 'length of a turn; at least two runs', seconds, 0.6)
    .option('--warm <seconds>', 'minimum warm-up of each engine', seconds, 2)
    .option('--timeout <seconds>', 'limit for any one answer of an engine', seconds, 600)
    .option('--json <file>', 'write every measured time, with machine, versions and settings')
    .option('--html <file>', 'write a self-contained page with plots')
    .addHelpText('after', () => engineHelp)
    .addHelpText(
      'after',
      examples(
        [
          'vitrine bench --with litert,ort-web',
          'install LiteRT.js and ONNX Runtime Web, then compare with them',
        ],
        [
          'vitrine bench --models L_16 --backends wasm,ort-node --html l16.html',
          'two engines, and a page',
        ],
        [
          'vitrine bench --level op --models B_16 --backends wasm:simd8,wasm',
          'matrix products with two builds of the kernels',
        ],
        ['vitrine bench compare before.json after.json', 'find what became slower'],
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
ENGINE@VERSION selects a version and ENGINE:int8 a type. wasm:simd8, wasm:relaxed16 and wasm:dot8 select
kernels, wasm:narrow disables 256-bit instructions, litert:wide sets V8's 256-bit flag for another
engine, and webgpu:f16:matrices uses a GPU's matrix units (Node).`
