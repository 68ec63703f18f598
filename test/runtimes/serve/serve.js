import { load } from 'vitrine'
import { createServer } from 'vitrine/serve'

const vit = await load()
const server = createServer({ tiny: vit })
await server.ready()
const http = await listen(server)
console.log(http.port)

/** The same function answers in Deno, Bun and Node. */
async function listen({ fetch }) {
  const hostname = '127.0.0.1'
  if (globalThis.Deno) {
    return Deno.serve({ port: 0, hostname, onListen() {} }, fetch).addr
  }
  if (globalThis.Bun) return Bun.serve({ port: 0, hostname, fetch })
  const { listen } = await import('vitrine/serve/node')
  return listen(server, { port: 0 })
}
