import { setImmediate } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import type { Port } from '../platform.ts'

export const port: Port = {
  listen: (take) => void parentPort!.on('message', take),
  post: (message, transfer) => parentPort!.postMessage(message, transfer as ArrayBuffer[]),
  yield: () => setImmediate(),
}
