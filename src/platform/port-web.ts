import type { Port } from './platform.ts'

export const port: Port = {
  listen(take) {
    self.onmessage = ({ data }) => take(data)
  },
  post: (message) => self.postMessage(message),
}
