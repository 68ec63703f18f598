import { Command } from 'commander'

/** `vitrine help [command…]`: the help of a command or subcommand; unknown names are errors. */
export function helpCommand(program: Command): Command {
  return new Command('help')
    .description('Show the help of a command.')
    .argument('[command...]')
    .action((names: string[]) => {
      let command = program
      for (const name of names) {
        const found = subcommand(command, name)
        if (!found) return refuseCommand(command, name)
        command = found
      }
      command.outputHelp()
    })
}

const subcommand = (command: Command, name: string) =>
  command.commands.find((sub) => sub.name() === name || sub.aliases().includes(name))

/**
 * Throws commander's error for an unknown command, with its suggestion of the nearest name. By itself,
 * commander throws it only for commands that do nothing without a subcommand.
 */
export function refuseCommand(command: Command, name: string): never {
  const bare = new Command(command.name()).copyInheritedSettings(command)
  for (const sub of command.commands) bare.command(sub.name())
  bare.parse(['--', name], { from: 'user' })
  throw new Error(`commander accepted the unknown command ${name}.`)
}
