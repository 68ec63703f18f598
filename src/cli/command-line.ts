import { Command } from 'commander'
import { attentionCommand } from './commands/attention.ts'
import { benchCommand } from './commands/bench.ts'
import { cacheCommand } from './commands/cache.ts'
import { classifyCommand } from './commands/classify.ts'
import { convertCommand } from './commands/convert.ts'
import { copyModelCommand } from './commands/copy-model.ts'
import { doctorCommand } from './commands/doctor.ts'
import { embedCommand } from './commands/embed.ts'
import { evaluateCommand } from './commands/evaluate.ts'
import { helpCommand, refuseCommand } from './commands/help.ts'
import { inspectCommand } from './commands/inspect.ts'
import { modelsCommand } from './commands/models.ts'
import { searchCommand } from './commands/search.ts'
import { serveCommand } from './commands/serve.ts'
import { trainCommand } from './commands/train.ts'
import { variantsCommand } from './commands/variants.ts'
import { zeroShotCommand } from './commands/zero-shot.ts'
import { examples } from './help-text.ts'
import { show } from './output.ts'
import { packageVersion } from './package-root.ts'
import { colours, hasColours, lineWidth } from './view/colours.ts'
import { printableLine } from './view/printable.ts'

/**
 * The whole command line. The files of commands only declare flags at import and import the rest when
 * they run, so that `--help` and mistakes are answered at once.
 */
export function commandLine(signal: AbortSignal): Command {
  const program = new Command('vitrine')
    .description('Vision Transformers in WebAssembly: classify, embed and look at attention.')
    .version(packageVersion(), '-V, --version')
    // Flags after a command belong to the command.
    .enablePositionalOptions()
  const commands = [
    classifyCommand(signal),
    zeroShotCommand(signal),
    embedCommand(signal),
    searchCommand(signal),
    attentionCommand(signal),
    serveCommand(signal),
    trainCommand(signal),
    evaluateCommand(signal),
    inspectCommand(signal),
    convertCommand(signal),
    benchCommand(signal),
    modelsCommand(signal),
    cacheCommand(signal),
    variantsCommand(signal),
    copyModelCommand(signal),
    doctorCommand(signal),
  ]
  for (const command of commands) program.addCommand(command)
  program.addHelpText(
    'after',
    examples(
      ['vitrine classify cat.jpg', 'the five most probable classes'],
      ['vitrine attention cat.jpg -o map.png', 'where the model looks'],
      ['vitrine doctor', 'the kernels and threads that run on this machine'],
    ),
  )
  style(program, 'vitrine')
  return program
}

/** Makes commander throw errors instead of exiting, and print them in our style, at every depth. */
function style(command: Command, path: string): void {
  if (command.commands.length > 0) answerUnknown(command)
  for (const sub of command.commands) style(sub, `${path} ${sub.name()}`)
  const { bold, cyan } = colours(process.stdout)
  command
    .exitOverride()
    .showHelpAfterError(`Try ${path} --help.`)
    .configureHelp({
      styleTitle: bold,
      styleCommandText: cyan,
      styleSubcommandTerm: cyan,
      styleOptionTerm: cyan,
    })
    .configureOutput({
      writeOut: (text) => void show(process.stdout, text),
      writeErr: (text) => void show(process.stderr, text),
      getOutHasColors: () => hasColours(process.stdout),
      getErrHasColors: () => hasColours(process.stderr),
      getOutHelpWidth: () => lineWidth(process.stdout),
      getErrHelpWidth: () => lineWidth(process.stderr),
      outputError(text, write) {
        const { bold, red } = colours(process.stderr)
        // The message quotes the user's text, which may have line feeds; the hint is commander's own.
        const [, said, hint = ''] =
          /^error: (.*?)(\n\(Did you mean [^\n]*\))?\n*$/s.exec(text) ?? []
        write(`${bold(red('vitrine:'))} ${printableLine(said ?? text)}${hint}\n`)
      },
    })
}

/** Refuses unknown subcommands by name, also for a command that runs without a subcommand. */
function answerUnknown(command: Command): void {
  command.addCommand(helpCommand(command))
  command.allowExcessArguments().hook('preAction', (_, acting) => {
    const [name] = acting.args
    if (acting === command && name !== undefined) refuseCommand(command, name)
  })
}
