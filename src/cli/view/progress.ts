import type { SingleBar } from 'cli-progress'
import type { DownloadProgress, Progress } from '../../checkpoint/checkpoint.ts'
import { note } from '../output.ts'
import { printableLine } from './printable.ts'
import { formatBytes, formatCount, formatSeconds } from './units.ts'

export interface ProgressBar {
  /**
   * @param total undefined if it is unknown: then the bar shows only what is done
   * @param detail text behind the bar
   */
  update(done: number, total: number | undefined, detail?: string): void
  /** Removes the bar; the next update draws it again. */
  stop(): void
}

/** Work that is done sooner, in milliseconds, shows no bar. */
const PATIENCE = 250

/**
 * A bar on stderr that disappears when it is stopped; does nothing if stderr is not a terminal.
 * @param what stands before the bar: `loading`
 */
export async function progressBar(what: string): Promise<ProgressBar> {
  if (!process.stderr.isTTY) return { update() {}, stop() {} }
  const { default: progress } = await import('cli-progress')
  const start = performance.now()
  let bar: SingleBar | undefined
  return {
    update(done, total, text = '') {
      if (!bar && performance.now() - start < PATIENCE) return
      const detail = printableLine(text)
      const end = Math.max(1, total ?? done)
      if (!bar) {
        bar = new progress.SingleBar(
          {
            format:
              total === undefined ? `${what}{detail}` : `${what} {bar} {percentage} %{detail}`,
            stream: process.stderr,
            clearOnComplete: true,
            hideCursor: true,
            barsize: 30,
            // main.ts handles Ctrl-C: it stops the work, and `stop` shows the cursor again.
            gracefulExit: false,
          },
          progress.Presets.shades_classic,
        )
        bar.start(end, Math.min(done, end), { detail })
      } else {
        bar.setTotal(end)
        bar.update(Math.min(done, end), { detail })
      }
    },
    stop() {
      bar?.stop()
      bar = undefined
    },
  }
}

/** Shows what is loaded. If there is a download, only that, which takes most of the time. */
export interface LoadingBar {
  take(progress: Progress): void
  stop(): void
}

export async function loadingBar(): Promise<LoadingBar> {
  const loading = await progressBar('loading')
  const downloading = await progressBar('downloading')
  let downloads = false
  return {
    take(progress) {
      const { loaded, total } = progress
      if (progress.phase === 'download') {
        if (!downloads) loading.stop()
        downloads = true
        downloading.update(loaded, total, downloadDetail(progress))
        // Without a terminal there is no bar to show the retry.
        if (progress.retry && !process.stderr.isTTY) note(downloadDetail(progress).trim())
      } else if (!downloads) loading.update(loaded, total)
    },
    stop() {
      loading.stop()
      downloading.stop()
    },
  }
}

/** Loads something behind a progress bar. */
export async function withProgress<T>(
  work: (onProgress: (progress: Progress) => void) => Promise<T>,
): Promise<T> {
  const bar = await loadingBar()
  try {
    return await work(bar.take)
  } finally {
    bar.stop()
  }
}

/** `  B_16  120.3 of 346.3 MB, 23.0 MB/s, 10 s left`, or the reason of a retry. */
export function downloadDetail({
  file,
  loaded,
  total,
  rate,
  secondsLeft,
  retry,
}: DownloadProgress): string {
  if (retry) return `  ${file}  retrying in ${retry.seconds} s: ${retry.reason}`
  const left = secondsLeft === undefined ? '' : `, ${formatSeconds(secondsLeft)} left`
  const size = total > 0 ? `${formatBytes(loaded)} of ${formatBytes(total)}` : formatBytes(loaded)
  return `  ${file}  ${size}, ${formatBytes(rate)}/s${left}`
}

/** `  450 of 1,000, 12.3/s, 45 s left` */
export function progressText(done: number, total: number | undefined, ms: number): string {
  const rate = (1000 * done) / ms
  const speed = `${rate < 100 ? rate.toPrecision(3) : rate.toFixed(0)}/s`
  if (total === undefined) return `  ${formatCount(done)}, ${speed}`
  const left = formatSeconds((total - done) / rate)
  return `  ${formatCount(done)} of ${formatCount(total)}, ${speed}, ${left} left`
}
