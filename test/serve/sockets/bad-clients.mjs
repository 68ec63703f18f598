/**
 * Many connections of bad clients, in a process of their own: `bad-clients.mjs URL COUNT KIND`. Sends its parent
 * `{ open, ended }` once all are open or refused, and again whenever it is sent anything.
 */
import { connect } from 'node:net'

const [url, count, kind] = process.argv.slice(2)
const { hostname, port } = new URL(url)

/** What each kind sends at once, and then again and again. */
const kinds = {
  idle: { first: '', more: '' },
  headers: { first: 'POST /classify HTTP/1.1\r\nHost: localhost\r\n', more: 'X-Slow: 1\r\n' },
  body: {
    first: 'POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n',
    more: 'x',
  },
}
const { first, more } = kinds[kind]

let [open, ended] = [0, 0]
const sockets = new Set()

/** Opens some at a time: all at once overflow the queue of the server's socket. */
async function openAll() {
  let left = Number(count)
  const lane = async () => {
    while (left-- > 0) await openOne()
  }
  await Promise.all(Array.from({ length: 100 }, lane))
}

function openOne() {
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    let wasOpen = false
    socket.once('connect', () => {
      wasOpen = true
      open++
      sockets.add(socket)
      if (first) socket.write(first)
      resolve()
    })
    socket.on('error', () => {})
    socket.resume()
    socket.once('close', () => {
      sockets.delete(socket)
      ended++
      if (!wasOpen) resolve()
    })
  })
}

const report = () => process.send({ open, ended })
process.on('message', report)
process.on('disconnect', () => process.exit())
if (more) {
  setInterval(() => {
    for (const socket of sockets) socket.write(more)
  }, 200)
}
await openAll()
report()
