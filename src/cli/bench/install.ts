import { Command } from 'commander'
import { examples } from '../help-text.ts'

/** `vitrine bench install`: other engines, into the user's cache. */
export function benchInstallCommand(signal: AbortSignal): Command {
  return new Command('install')
    .description('Install other engines to compare with, into the user’s cache.')
    .argument('[engines...]', 'their names, or name@version; all where none is given')
    .addHelpText(
      'after',
      examples([
        'vitrine bench install litert ort-web@1.29.0',
        'two of them, one an older version',
      ]),
    )
    .action(async (names: string[]) => {
      const { installEngines } = await import('./engines.ts')
      await installEngines(names.length === 0 ? ['all'] : names, signal)
    })
}
