/**
 * Sends requests in open loop, in a process of its own: the arguments are JSON, as `Arrivals` with the path of a file
 * for a body, and `kill`, a process that gets SIGTERM after half of the requests. Prints the outcomes as JSON.
 */
import { readFileSync } from 'node:fs'
import { type Arrivals, openLoop } from './open-loop.ts'

interface Order extends Omit<Arrivals, 'body'> {
  readonly file: string
  readonly kill?: number
}

const { file, kill, ...arrivals } = JSON.parse(process.argv[2]!) as Order
const half = Math.floor((arrivals.rate * arrivals.seconds) / 2)
const outcomes = await openLoop({ ...arrivals, body: readFileSync(file) }, (index) => {
  if (kill !== undefined && index === half) process.kill(kill, 'SIGTERM')
})
process.stdout.write(JSON.stringify(outcomes))
