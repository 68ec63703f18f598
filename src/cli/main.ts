import { SourceError } from '../errors.ts'
import { commandLine } from './command-line.ts'
import { ExitCode, report, Stopped } from './exit.ts'

const controller = new AbortController()

/** How long work may take to tidy up after a signal, in milliseconds. */
const GRACE = 10_000

// The first signal stops the work, which tidies up; a second one ends the process as ever.
function stop(code: number): void {
  controller.abort(new Stopped(code))
  setTimeout(() => process.exit(code), GRACE).unref()
}
process.once('SIGINT', () => stop(ExitCode.interrupted))
process.once('SIGTERM', () => stop(ExitCode.terminated))

process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
  // Whoever reads our output may have had enough of it (`| head`): that is no failure.
  if (cause.code === 'EPIPE') return controller.abort(new Stopped(ExitCode.ok))
  const message = `Can't write to the standard output: ${cause.message}.`
  controller.abort(new SourceError(message, { cause }))
})
// Nobody is left to be told.
process.stderr.on('error', () => {})

// Not awaited: a command's chunk may import from this one, and would wait for it to be finished.
commandLine(controller.signal)
  .parseAsync()
  .catch((error) => {
    // What an abort makes streams and timers throw does not matter; why it was aborted does.
    process.exitCode = report(controller.signal.aborted ? controller.signal.reason : error)
  })
