import { Command, InvalidArgumentError } from 'commander'
import type { RequestRecord } from '../../serve/http/request-log.ts'
import type { Listener } from '../../serve/node/listen.ts'
import { Stopped, UsageError } from '../exit.ts'
import { examples } from '../help-text.ts'
import { withLabelsOption } from '../options/labels.ts'
import { withComputeOptions } from '../options/model.ts'
import type { NamedModel, ServedModelFlags } from '../options/served-models.ts'
import { withVocabularyOption } from '../options/text-model.ts'
import { parseCount } from '../options/values.ts'
import { note, writeJSON } from '../output.ts'

interface Flags extends ServedModelFlags {
  model?: readonly NamedModel[]
  port: number
  host: string
  queue: number
  maxItems: number
  maxBody: number
  maxPixels: number
  timeout: number
  maxConnections: number
  maxPerClient?: number
  overloadStatus: 503 | 429
  delay: number
  drain: number
  allowUrls?: readonly string[]
  trustProxy?: true
  page: boolean
  log?: true
}

/** `vitrine serve`: models over HTTP. */
export function serveCommand(signal: AbortSignal): Command {
  const command = new Command('serve')
    .description(
      'Serve models over HTTP: the Open Inference Protocol, and the forms of Hugging Face and OpenAI.',
    )
    .option(
      '--model <name=checkpoint>',
      'a model: a file, a folder, a URL or a published name, with a name of its own before it or not (repeatable; default: the model of this package)',
      parseModel,
    )
    .option('-p, --port <n>', 'the port; 0 for any that is free', parseCount(0, 65_535), 8000)
    .option('--host <address>', 'the address; 0.0.0.0 for all networks', '127.0.0.1')
    .option('--queue <n>', 'images of each model that wait and run', parseCount(1, 65_536), 64)
    .option('--max-items <n>', 'images or texts of a request', parseCount(1, 65_536), 32)
    .option('--max-body <bytes>', 'bytes of a request', parseCount(1, 2 ** 31 - 1), 32 * 2 ** 20)
    .option('--max-pixels <n>', 'pixels of an image', parseCount(1), 64 * 2 ** 20)
    .option('--timeout <ms>', 'how long a request may take', parseCount(1, 2 ** 31 - 1), 30_000)
    .option('--max-connections <n>', 'connections', parseCount(1), 4096)
    .option('--max-per-client <n>', 'requests of one client at once (429)', parseCount(1))
    .option('--overload-status <n>', 'the answer to a full queue: 503 or 429', parseStatus, 503)
    .option('--delay <ms>', 'wait for more images, on a GPU', parseCount(0, 10_000), 0)
    .option('--drain <ms>', 'go on accepting after SIGTERM', parseCount(0, 600_000), 5000)
    .option(
      '--allow-urls <origin>',
      'fetch URLs of this origin that requests name (repeatable)',
      (origin: string, before: readonly string[] = []) => [...before, origin],
    )
    .option('--trust-proxy', 'take the client from X-Forwarded-For')
    .option('--no-page', 'no page at /')
    .option('--log', 'one JSON object per request on the standard output')
  return withVocabularyOption(withLabelsOption(withComputeOptions(command)))
    .addHelpText(
      'after',
      examples(
        ['vitrine serve', 'the model of this package, on http://127.0.0.1:8000/'],
        ['vitrine serve --model B_16 --model mine=own.safetensors', 'two models'],
        ['vitrine serve --host 0.0.0.0 --port 80 --log', 'for other machines'],
        ['curl --data-binary @cat.jpg localhost:8000/classify', 'ask it'],
      ),
    )
    .action((flags: Flags) => serve(flags, signal))
}

async function serve(flags: Flags, signal: AbortSignal): Promise<void> {
  const models = flags.model ?? [{ name: 'vit-ti16', checkpoint: undefined }]
  const twice = models.find(({ name }, i) => models.findIndex((one) => one.name === name) < i)
  if (twice) {
    throw new UsageError(
      `Two models have the name ${twice.name}; give one of them another: --model NAME=FILE.`,
    )
  }
  const [{ createServer }, { listen }, { loadAll }] = await Promise.all([
    import('../../serve/server.ts'),
    import('../../serve/node/listen.ts'),
    import('../options/served-models.ts'),
  ])
  const loading = loadAll(models, flags, signal)
  const server = createServer(loading.sources, {
    queue: flags.queue,
    maxItems: flags.maxItems,
    maxBodyBytes: flags.maxBody,
    maxPixels: flags.maxPixels,
    timeout: flags.timeout,
    maxPerClient: flags.maxPerClient,
    overloadStatus: flags.overloadStatus,
    delay: flags.delay,
    allowUrls: flags.allowUrls,
    page: flags.page,
    onRequest: flags.log && ((record) => log(record)),
    onError: (error) => note(String((error as Error)?.stack ?? error)),
  })
  let listener: Listener | undefined
  try {
    listener = await listen(server, {
      port: flags.port,
      host: flags.host,
      requestTimeout: flags.timeout,
      maxConnections: flags.maxConnections,
      drainDelay: flags.drain,
      drainTimeout: flags.timeout,
      trustProxy: flags.trustProxy,
    })
    note(`listening on ${listener.url}`)
    const stopped = stopping(signal, flags.drain + 2 * flags.timeout)
    await Promise.race([server.ready(), stopped])
    if (!signal.aborted) note(`ready: ${models.map(({ name }) => name).join(', ')}`)
    await stopped
    note('ending: requests that run are finished')
    await listener.close()
  } finally {
    await listener?.close(0)
    server.dispose()
    loading.dispose()
  }
}

/** Resolves at the first signal, which gives requests so many milliseconds to end. */
function stopping(signal: AbortSignal, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      if (signal.reason instanceof Stopped) signal.reason.grace = grace
      resolve()
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

/** What runs is logged to its end, also behind a signal. */
const log = (record: RequestRecord) =>
  void writeJSON(record, new AbortController().signal).catch(() => {})

function parseModel(text: string, before: readonly NamedModel[] = []): readonly NamedModel[] {
  // A URL may have an equals sign of its own.
  const [, name, checkpoint] = /^([\w.:-]{1,128})=(.+)$/.exec(text) ?? []
  if (name !== undefined) return [...before, { name, checkpoint }]
  return [...before, { name: nameOfModel(text), checkpoint: text }]
}

/** What a model is called unless it has a name of its own: that of its file, or its published name. */
function nameOfModel(checkpoint: string): string {
  const last = checkpoint
    .replace(/[/\\]+$/, '')
    .split(/[/\\]/)
    .at(-1)!
  const name = last
    .replace(/[?#].*$/, '')
    .replace(/\.(safetensors|npz)$/i, '')
    .replace(/[^\w.:-]/g, '-')
  if (name !== '') return name.slice(0, 128)
  throw new InvalidArgumentError('Expected a checkpoint, or NAME=CHECKPOINT.')
}

function parseStatus(text: string): 503 | 429 {
  if (text === '503' || text === '429') return Number(text) as 503 | 429
  throw new InvalidArgumentError('Expected 503 or 429.')
}
