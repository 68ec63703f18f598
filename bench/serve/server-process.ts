import { fileURLToPath } from 'node:url'
import { type Started, start } from '../../test/runtimes/harness/commands.ts'

/** A server that runs in a process of its own, and is ready. */
export interface ServerProcess extends Started {
  readonly url: string
  readonly ended: Promise<number | null>
}

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The command line, from its source. */
export const fromSource = [
  '--import',
  'tsx',
  fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url)),
]

/** The command line as it is published. */
export const built = [fileURLToPath(new URL('../../build/node/cli.js', import.meta.url))]

/**
 * Starts `vitrine serve` at a free port, and waits until it is ready.
 * @param flags of the command beside the port
 * @param wrapper words before Node's, such as `taskset -c 0`
 * @throws where it ends before, with all that it printed
 */
export async function startServer(
  flags: readonly string[],
  { main = fromSource, node = process.execPath, wrapper = [] as readonly string[] } = {},
): Promise<ServerProcess> {
  const [command, ...args] = [...wrapper, node, ...main, 'serve', '--port', '0', ...flags]
  const server = start(command!, args, { cwd: root })
  const [url] = await server.prints(/http:\/\/[\w.:[\]]+\d/)
  await ready(url!, server.ended)
  return { ...server, url: url! }
}

/** Asks until the answer is yes. */
async function ready(url: string, ended: Promise<unknown>): Promise<void> {
  let over = false
  void ended.then(() => {
    over = true
  })
  while (!over) {
    const answer = await fetch(`${url}/v2/health/ready`).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('The server ended before it was ready')
}
