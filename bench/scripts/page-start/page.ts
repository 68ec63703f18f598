/** What one visit measures; times in milliseconds since the navigation began. */
export interface Visit {
  readonly error?: string
  readonly label: string
  readonly backend: string
  readonly threads: string
  /** When each step was done, in their order. */
  readonly at: Readonly<Record<string, number>>
  /** Durations of the main thread's tasks of more than 50 ms. */
  readonly longTasks: readonly number[]
  readonly resources: readonly {
    readonly name: string
    readonly start: number
    readonly end: number
    readonly bytes: number
  }[]
}

/**
 * A page as a user writes it, which classifies a picture, posts what it measured and visits itself again.
 * @param options of `load`
 * @param pause before the next visit, in milliseconds
 */
export const visitPage = (options: object, pause: number) => `<!doctype html>
<meta charset="utf-8">
<title>vitrine: the time to an answer</title>
<link rel="icon" href="data:,">
<script type="importmap">{ "imports": { "vitrine": "/build/web/index.js" } }</script>
<script>
  const longTasks = []
  const observed = globalThis.PerformanceObserver?.supportedEntryTypes.includes('longtask')
  if (observed) {
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longTasks.push(duration)
    }).observe({ type: 'longtask', buffered: true })
  }
</script>
<script type="module">
  import { load } from 'vitrine'
  const at = {}
  const note = (step) => { at[step] ??= performance.now() }
  note('modules run')
  const post = (found) => fetch('/found', { method: 'POST', body: JSON.stringify(found) })
  try {
    const picture = fetch('/examples/chelsea.png').then((response) => response.blob())
    const onProgress = ({ phase, loaded, total }) => {
      if (phase === 'open') note('checkpoint opened')
      else note(loaded === total ? 'weights written' : 'first weights')
    }
    const vit = await load(undefined, { ...${JSON.stringify(options)}, onProgress })
    note('loaded')
    const [{ label }] = await vit.classify(await picture, { topK: 1 })
    note('answer')
    const pixels = await vit.pixels(await picture)
    note('picture read again')
    await vit.logits(pixels)
    note('run again')
    await new Promise((resolve) => setTimeout(resolve, ${pause}))
    const resources = performance.getEntriesByType('resource').map((entry) => ({
      name: new URL(entry.name).pathname.slice(0, 60),
      start: entry.startTime,
      end: entry.responseEnd,
      bytes: entry.transferSize,
    }))
    const { backend } = vit
    const threads = backend.threads.count + ' threads'
    await post({ label, backend: backend.description, threads, at, longTasks, resources })
    location.reload()
  } catch (error) {
    await post({ error: String(error.stack) })
  }
</script>
`
