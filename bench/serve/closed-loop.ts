import { Agent, request } from 'node:http'

/**
 * Clients that each send a request, wait for its answer and send the next.
 * @returns how many were answered with 200, and how long it took, in seconds
 * @throws where anything else comes back
 */
export async function closedLoop(
  url: string,
  body: Uint8Array,
  clients: number,
  seconds: number,
): Promise<{ answered: number; seconds: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const start = performance.now()
  const elapsed = () => (performance.now() - start) / 1000
  let last = 0
  let answered = 0
  const client = async () => {
    while (elapsed() < seconds) {
      await post(url, body, agent)
      answered++
      last = elapsed()
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  agent.destroy()
  return { answered, seconds: last }
}

function post(url: string, body: Uint8Array, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent }, (response) => {
      response.resume()
      response.once('error', reject)
      response.once('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`)),
      )
    })
    call.once('error', reject)
    call.end(body)
  })
}
