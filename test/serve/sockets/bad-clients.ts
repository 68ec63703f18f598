import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface Counts {
  /** Connections that were made, and those that have ended since. */
  readonly open: number
  readonly ended: number
}

/** Bad clients, in a process of their own. */
export class BadClients {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /**
   * Opens connections, and resolves when each is open or was refused.
   * @param kind idle: sends nothing; headers: never ends its headers; body: never ends its body
   */
  static async start(
    url: string,
    count: number,
    kind: 'idle' | 'headers' | 'body',
  ): Promise<{ clients: BadClients; counts: Counts }> {
    const path = fileURLToPath(new URL('bad-clients.mjs', import.meta.url))
    const child = fork(path, [url, String(count), kind], { execArgv: [] })
    const [counts] = (await once(child, 'message')) as [Counts]
    return { clients: new BadClients(child), counts }
  }

  async counts(): Promise<Counts> {
    this.#child.send('count')
    const [counts] = (await once(this.#child, 'message')) as [Counts]
    return counts
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }
}
