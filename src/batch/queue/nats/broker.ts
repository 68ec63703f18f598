import {
  AckPolicy,
  type Consumer,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { ArgumentError, SourceError } from '../../../errors.ts'

/** The most messages that are published before their answers are waited for. */
const WINDOW = 256
/** How long an answer is waited for, in milliseconds. */
const TIMEOUT = 5000
const CONSUMER = 'workers'

/**
 * A job's stream on a NATS server: a message for each shard that waits or is leased. A subject has at most one message,
 * so a shard that is published again while it waits is refused, however late that is.
 */
export class Broker {
  readonly #connection: NatsConnection
  readonly #manager: JetStreamManager
  readonly #client: JetStreamClient
  readonly #stream: string
  readonly #prefix: string
  readonly #patience: number

  private constructor(
    connection: NatsConnection,
    manager: JetStreamManager,
    job: string,
    patience: number,
  ) {
    this.#connection = connection
    this.#manager = manager
    this.#client = jetstream(connection, { timeout: TIMEOUT })
    this.#stream = `vitrine-${job}`
    this.#prefix = `vitrine.${job}.shard.`
    this.#patience = patience
  }

  /**
   * @param url `nats://HOST`, `nats://USER:PASSWORD@HOST` or `nats://TOKEN@HOST`; `tls:` encrypts
   * @param patience how long a worker may be silent, in milliseconds
   * @throws SourceError if there is no such server, ArgumentError for a malformed URL
   */
  static async open(url: string, job: string, patience: number): Promise<Broker> {
    if (!URL.canParse(url)) throw new ArgumentError('--queue is no URL such as nats://HOST:4222.')
    const { protocol, hostname, port, username, password } = new URL(url)
    const host = `${hostname}:${port || 4222}`
    try {
      const connection = await connect({
        servers: host,
        name: 'vitrine batch',
        timeout: TIMEOUT,
        // The server may be started again at any time.
        maxReconnectAttempts: -1,
        reconnectTimeWait: 1000,
        ...(protocol === 'tls:' && { tls: {} }),
        ...(username !== '' && password === '' && { token: decodeURIComponent(username) }),
        ...(password !== '' && {
          user: decodeURIComponent(username),
          pass: decodeURIComponent(password),
        }),
      })
      try {
        const manager = await jetstreamManager(connection, { timeout: TIMEOUT })
        return new Broker(connection, manager, job, patience)
      } catch (error) {
        await connection.close()
        throw error
      }
    } catch (cause) {
      throw new SourceError(
        `Can't use JetStream at ${host}: ${(cause as Error).message}. Start nats-server with -js, or leave out --queue.`,
        { cause },
      )
    }
  }

  /** The consumer that all workers share. The stream is made if it does not exist, or does not any more. */
  async consumer(): Promise<Consumer> {
    await this.#manager.streams.add({
      name: this.#stream,
      subjects: [`${this.#prefix}*`],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
    })
    await this.#manager.consumers.add(this.#stream, {
      durable_name: CONSUMER,
      ack_policy: AckPolicy.Explicit,
      ack_wait: this.#patience * 1e6,
      // Attempts are counted by workers: the server would forget the shard.
      max_deliver: -1,
      max_ack_pending: 10_000,
    })
    return this.#client.consumers.get(this.#stream, CONSUMER)
  }

  /** Whether no shard waits or is leased. */
  async isEmpty(): Promise<boolean> {
    const { state } = await this.#manager.streams.info(this.#stream)
    return state.messages === 0
  }

  /** Publishes shards, but for those that wait or are leased already. */
  async publish(shards: readonly number[]): Promise<void> {
    for (let at = 0; at < shards.length; at += WINDOW) {
      const window = shards.slice(at, at + WINDOW)
      await Promise.all(window.map((shard) => this.#publishOne(shard)))
    }
  }

  async #publishOne(shard: number): Promise<void> {
    try {
      await this.#client.publish(`${this.#prefix}${shard}`, '', {
        expect: { lastSubjectSequence: 0 },
      })
    } catch (error) {
      if (!/wrong last sequence/i.test((error as Error).message)) throw error
    }
  }

  /** @returns undefined for a message that is no shard's */
  shardOf({ subject }: JsMsg): number | undefined {
    const number = subject.slice(this.#prefix.length)
    return subject.startsWith(this.#prefix) && /^\d+$/.test(number) ? Number(number) : undefined
  }

  /** Deletes the stream, when all is done. */
  async delete(): Promise<void> {
    await this.#manager.streams.delete(this.#stream)
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}
