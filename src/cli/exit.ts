import { CommanderError } from 'commander'
import { ArgumentError, VitrineError } from '../errors.ts'
import { note } from './output.ts'
import { colours } from './view/colours.ts'

/** How the process ends; 128 and more as shells count signals. */
export const ExitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  interrupted: 130,
  terminated: 143,
} as const

/** The reason of an abort: nothing is wrong, the work shall stop. */
export class Stopped extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('stopped')
    this.exitCode = exitCode
  }
}

/** The command line asks for something that makes no sense. */
export class UsageError extends Error {}

/** Says what went wrong on stderr, and returns the exit code for it. */
export function report(error: unknown): number {
  if (error instanceof Stopped) return error.exitCode
  // commander has said it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
  if (error instanceof UsageError) {
    complain(error.message)
    return ExitCode.usage
  }
  if (error instanceof VitrineError) {
    complain(error.message, error.code)
    return error instanceof ArgumentError ? ExitCode.usage : ExitCode.failure
  }
  // Not foreseen, so a fault of this program: its place in the code is what helps.
  const [first, ...stack] = ((error as Error)?.stack ?? String(error)).split('\n')
  complain(first!)
  for (const line of stack) note(line)
  return ExitCode.failure
}

/** One line on stderr, with the code for programs behind it. */
export function complain(message: string, code?: string): void {
  const { bold, dim, red } = colours(process.stderr)
  const suffix = code === undefined ? '' : ` ${dim(`(${code})`)}`
  note(`${bold(red('vitrine:'))} ${message}${suffix}`)
}
