import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Keeps the connections of a server below a number. A new one takes the place of the one that has had no request for
 * longest: connections that only stay open, or send headers slowly, must not keep others out. When all have requests
 * that are being answered, the new one is closed.
 */
export function limitConnections(http: HttpServer, most: number): void {
  let count = 0
  /** Those without a request, the longest so first. */
  const idle = new Set<Socket>()
  http.on('connection', (socket: Socket) => {
    if (count >= most) {
      const [oldest] = idle
      if (!oldest) return void socket.destroy()
      idle.delete(oldest)
      oldest.destroy()
    }
    count++
    idle.add(socket)
    socket.once('close', () => {
      count--
      idle.delete(socket)
    })
  })
  const busy = ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket)
    response.once('close', () => {
      if (!socket.destroyed) idle.add(socket)
    })
  }
  http.on('request', busy)
  http.on('checkContinue', busy)
}
