/**
 * Measures the delay of a process's event loop, for `node --import`: at SIGUSR2 it prints what it measured since the
 * last one, as a line of JSON on the standard error, in milliseconds.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  process.on('SIGUSR2', () => {
    const milliseconds = (nanoseconds) => Math.round(nanoseconds / 1e4) / 100
    const found = {
      p50: milliseconds(delay.percentile(50)),
      p99: milliseconds(delay.percentile(99)),
      max: milliseconds(delay.max),
    }
    process.stderr.write(`eventLoopDelay ${JSON.stringify(found)}\n`)
    delay.reset()
  })
}
