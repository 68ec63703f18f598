import { CommanderError } from 'commander'
import { ArgumentError, VitrineError } from '../errors.ts'
import { note } from './output.ts'
import { colours } from './view/colours.ts'

/** Exit codes; for signals 128 plus the signal's number, as in shells. */
export const ExitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  interrupted: 130,
  terminated: 143,
} as const

/** The reason of an abort that is no error: a signal, or a closed pipe. */
export class Stopped extends Error {
  readonly exitCode: number
  /** How long cleaning up may take, in milliseconds; what hears of the abort may set it. */
  grace = 10_000

  constructor(exitCode: number) {
    super('stopped')
    this.exitCode = exitCode
  }
}

/** A mistake in the command line. */
export class UsageError extends Error {}

/** Reports an error on stderr and returns its exit code. */
export function report(error: unknown): number {
  if (error instanceof Stopped) return error.exitCode
  // commander has reported it already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage
  if (error instanceof UsageError) {
    complain(error.message)
    return ExitCode.usage
  }
  if (error instanceof VitrineError) {
    complain(error.message, error.code)
    return error instanceof ArgumentError ? ExitCode.usage : ExitCode.failure
  }
  // An unexpected error is a bug of this program, so its stack is printed.
  const [first, ...stack] = ((error as Error)?.stack ?? String(error)).split('\n')
  complain(first!)
  for (const line of stack) note(line)
  return ExitCode.failure
}

/**
 * Writes an error to stderr, with its code at the end: one line, or one per paragraph, such as a line
 * of Python to copy. Paragraphs are indented, so that text from a file can't fake a message of ours.
 */
export function complain(message: string, code?: string): void {
  const { bold, dim, red } = colours(process.stderr)
  const suffix = code === undefined ? '' : ` ${dim(`(${code})`)}`
  const [first, ...rest] = `${message}${suffix}`.split('\n\n')
  note(`${bold(red('vitrine:'))} ${first}`)
  for (const paragraph of rest) {
    note('')
    note(`  ${paragraph}`)
  }
}
