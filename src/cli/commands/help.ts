import { Command } from 'commander'

/** `vitrine help [command…]`: the help of a command, however deep; a mistake where there is none. */
export function helpCommand(program: Command): Command {
  return new Command('help')
    .description('The same for one command.')
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
 * Has commander say that there is no such command, and which one is meant. It says so by itself only
 * where a command does nothing without a subcommand.
 */
export function refuseCommand(command: Command, name: string): never {
  const bare = new Command(command.name()).copyInheritedSettings(command)
  for (const sub of command.commands) bare.command(sub.name())
  bare.parse(['--', name], { from: 'user' })
  throw new Error(`commander takes ${name} for a command.`)
}
