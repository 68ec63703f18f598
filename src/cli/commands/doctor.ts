import { Command } from 'commander'
import type { Diagnosis } from '../analysis/diagnosis.ts'
import { examples } from '../help-text.ts'
import { write, writeJSON } from '../output.ts'
import { colours } from '../view/colours.ts'
import { formatFields } from '../view/table.ts'
import { countOf, formatBytes } from '../view/units.ts'

interface Flags {
  json?: true
}

/** `vitrine doctor`: machine, runtime, kernels and their speed. */
export function doctorCommand(signal: AbortSignal): Command {
  return new Command('doctor')
    .description('Show what this machine supports, which kernels run on it, why, and how fast.')
    .option('--json', 'as one JSON object')
    .addHelpText(
      'after',
      examples(['vitrine doctor', 'for people'], ['vitrine doctor --json', 'for a bug report']),
    )
    .action((flags: Flags) => doctor(flags, signal))
}

async function doctor({ json }: Flags, signal: AbortSignal): Promise<void> {
  const { diagnose } = await import('../analysis/diagnosis.ts')
  const diagnosis = await diagnose(signal)
  await (json ? writeJSON(diagnosis, signal) : write(view(diagnosis), signal))
}

function view(diagnosis: Diagnosis): string {
  const { bold, dim, green, yellow } = colours(process.stdout)
  const { runtime, machine, webassembly, kernels, threads, model, advice } = diagnosis
  const yes = (there: boolean) => (there ? green('yes') : yellow('no'))
  const fields: [string, string][] = [
    ['vitrine', diagnosis.version],
    ['runtime', `${runtime.name} ${runtime.version}, V8 ${runtime.v8 ?? 'none'}`],
    [
      'machine',
      `${machine.cpu}, ${countOf(machine.cores, 'core')}, ${machine.platform} ${machine.architecture}`,
    ],
    ['memory', `${formatBytes(machine.memory)}, ${formatBytes(machine.freeMemory)} free`],
    ['SIMD', yes(webassembly.simd)],
    ['relaxed SIMD', yes(webassembly.relaxedSimd)],
    ['dot product', webassembly.dotProduct],
    ['threads', threads ? `${threads.count}: ${threads.reason}` : yes(webassembly.threads)],
    ['kernels', kernels ? `${kernels.build}: ${kernels.reason}` : yellow('none')],
    ...(kernels ? [['speed', speedText(kernels.speed)] as [string, string]] : []),
    [
      'model',
      model.path === undefined ? yellow('none') : `${model.path}, ${formatBytes(model.bytes)}`,
    ],
  ]
  const hints = advice.map((line) => `  ${yellow('→')} ${line}\n`).join('')
  return `${bold('vitrine doctor')}\n${formatFields(fields, dim)}${hints && `\n${hints}`}`
}

const speedText = ({ gflops, milliseconds, variant }: NonNullable<Diagnosis['kernels']>['speed']) =>
  `${gflops} GFLOP/s: ${variant} at 224 px takes ${milliseconds} ms`
