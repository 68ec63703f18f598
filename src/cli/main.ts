import { commandLine } from './command-line.ts'
import { ExitCode, report, Stopped } from './exit.ts'

const controller = new AbortController()

// The first signal stops the work, which tidies up; a second one ends the process as ever.
process.once('SIGINT', () => controller.abort(new Stopped(ExitCode.interrupted)))
process.once('SIGTERM', () => controller.abort(new Stopped(ExitCode.terminated)))

// Whoever reads our output may have had enough of it (`| head`): that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  controller.abort(error.code === 'EPIPE' ? new Stopped(ExitCode.ok) : error)
})

try {
  await commandLine(controller.signal).parseAsync()
} catch (error) {
  process.exitCode = report(error)
}
