import { Command } from 'commander'
import { examples } from '../help-text.ts'

/** `vitrine bench install`: installs other engines into the user's cache. */
export function benchInstallCommand(signal: AbortSignal): Command {
  return new Command('install')
    .description('Install other engines into the user’s cache, to compare with.')
    .argument('[engines...]', 'names, or name@version; default: all')
    .addHelpText(
      'after',
      examples([
        'vitrine bench install litert ort-web@1.29.0',
        'two engines, one in an older version',
      ]),
    )
    .action(async (names: string[]) => {
      const { installEngines } = await import('./engines.ts')
      await installEngines(names.length === 0 ? ['all'] : names, signal)
    })
}
