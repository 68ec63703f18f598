import type { Port } from '../platform.ts'
import { nextTurn } from './turn.ts'

export const port: Port = {
  listen(take) {
    self.onmessage = ({ data }) => take(data)
  },
  post: (message, transfer = []) =>
    self.postMessage(message, { transfer: transfer as ArrayBuffer[] }),
  yield: nextTurn,
}
