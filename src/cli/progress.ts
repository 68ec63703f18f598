import type { SingleBar } from 'cli-progress'
import type { Progress } from '../checkpoint/checkpoint.ts'

/** Shows how far a piece of work has come. */
export interface ProgressBar {
  update(done: number, total: number): void
  stop(): void
}

/** What is over sooner needs no bar, in milliseconds. */
const PATIENCE = 250

/**
 * A bar on stderr that goes away when it is stopped; nothing where stderr is no terminal.
 * @param what stands before the bar: `loading`
 */
export async function progressBar(what: string): Promise<ProgressBar> {
  if (!process.stderr.isTTY) return { update() {}, stop() {} }
  const { default: progress } = await import('cli-progress')
  const start = performance.now()
  let bar: SingleBar | undefined
  return {
    update(done, total) {
      if (!bar && performance.now() - start < PATIENCE) return
      if (!bar) {
        bar = new progress.SingleBar(
          {
            format: `${what} {bar} {percentage} %`,
            stream: process.stderr,
            clearOnComplete: true,
            hideCursor: true,
            barsize: 30,
            // Ctrl-C is our own business: main.ts stops the work, and `stop` shows the cursor again.
            gracefulExit: false,
          },
          progress.Presets.shades_classic,
        )
        bar.start(Math.max(1, total), Math.min(done, total))
      } else {
        bar.setTotal(Math.max(1, total))
        bar.update(Math.min(done, total))
      }
    },
    stop() {
      bar?.stop()
    },
  }
}

/** Runs a piece of work that reports its bytes, behind a bar. */
export async function withProgress<T>(
  what: string,
  work: (onProgress: (progress: Progress) => void) => Promise<T>,
): Promise<T> {
  const bar = await progressBar(what)
  try {
    return await work(({ loaded, total }) => bar.update(loaded, total))
  } finally {
    bar.stop()
  }
}
