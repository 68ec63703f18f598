import type { Port } from '../platform.ts'
import { nextTurn } from './turn.ts'

export const port: Port = {
  listen(take) {
    self.onmessage = ({ data }) => take(data)
    // The page hears of errors that nothing catches.
    self.onmessageerror = () => {
      throw new Error('a message to it could not be read')
    }
  },
  post: (message, transfer = []) =>
    self.postMessage(message, { transfer: transfer as ArrayBuffer[] }),
  yield: nextTurn,
}
