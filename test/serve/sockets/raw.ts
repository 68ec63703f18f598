import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection that sends bytes as they are. */
export interface Raw {
  readonly socket: Socket
  send(bytes: string | Uint8Array): void
  /** What came so far. */
  received(): string
  /** Waits until the server ends the connection; all that came. A reset counts as an end. */
  ended(): Promise<string>
  /** Waits for something that comes. */
  comes(pattern: RegExp): Promise<RegExpExecArray>
}

export async function open(url: string): Promise<Raw> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  let received = ''
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text
  })
  let isOver = false
  const over = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isOver = true
      resolve()
    })
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  // The server may reset what it refuses.
  socket.on('error', () => {})
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    received: () => received,
    async ended() {
      await over
      return received
    },
    async comes(pattern) {
      for (;;) {
        const found = pattern.exec(received)
        if (found) return found
        if (isOver) throw new Error(`The connection ended after: ${received.slice(0, 500)}`)
        await Promise.race([once(socket, 'data').catch(() => {}), over])
      }
    },
  }
}

/** Sends bytes and waits for the end of the connection. */
export async function exchange(url: string, bytes: string | Uint8Array): Promise<string> {
  const raw = await open(url)
  raw.send(bytes)
  return raw.ended()
}

/** The status line's number. */
export function statusOf(received: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(received)?.[1])
}
