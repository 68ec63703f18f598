import { SourceError } from '../errors.ts'
import { commandLine } from './command-line.ts'
import { ExitCode, report, Stopped } from './exit.ts'

const controller = new AbortController()

// The first signal aborts the work, which cleans up; a second one ends the process at once.
function stop(code: number): void {
  const stopped = new Stopped(code)
  controller.abort(stopped)
  setTimeout(() => process.exit(code), stopped.grace).unref()
}
process.once('SIGINT', () => stop(ExitCode.interrupted))
process.once('SIGTERM', () => stop(ExitCode.terminated))

process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
  // The reader closed the pipe (`| head`), which is no failure.
  if (cause.code === 'EPIPE') return controller.abort(new Stopped(ExitCode.ok))
  const message = `Can't write to the standard output: ${cause.message}.`
  controller.abort(new SourceError(message, { cause }))
})
// An error on stderr has nowhere to be reported.
process.stderr.on('error', () => {})

// Not awaited: the chunk of a command may import this one, and would wait for it forever.
commandLine(controller.signal)
  .parseAsync()
  .catch((error) => {
    // After an abort, report its reason rather than what streams and timers threw because of it.
    process.exitCode = report(controller.signal.aborted ? controller.signal.reason : error)
  })
