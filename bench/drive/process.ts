import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { VitrineError } from '../../src/errors.ts'
import { peers } from '../peers/registry.ts'
import type { Job, Reply, Request } from './job.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const entry = fileURLToPath(new URL('./child.ts', import.meta.url))

/** A process of the comparison ended, or did not answer in time. */
export class PeerError extends VitrineError {
  constructor(message: string) {
    super('PEER', message)
  }
}

/** Runs the `prepare` phase of a job to its end. */
export async function prepare(node: string, job: Job, timeout: number): Promise<void> {
  const { child, ended } = start(node, { ...job, phase: 'prepare' })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeout)
  const { code, errors } = await ended
  clearTimeout(timer)
  if (code !== 0) throw new PeerError(explain(job, code, errors))
}

/** An engine with a model loaded, in a process of its own. */
export class Runner {
  readonly #job: Job
  readonly #child: ChildProcess
  readonly #ended: Promise<{ code: number | null; errors: string }>
  readonly #timeout: number

  constructor(node: string, job: Job, timeout: number) {
    this.#job = { ...job, phase: 'measure' }
    const { child, ended } = start(node, this.#job)
    this.#child = child
    this.#ended = ended
    this.#timeout = timeout
  }

  loaded() {
    return this.#reply('loaded')
  }

  ask<T extends 'warm' | 'round' | 'finished'>(request: Request, tell: T) {
    this.#child.send(request)
    return this.#reply(tell)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #reply<T extends Reply['tell']>(tell: T): Promise<Extract<Reply, { tell: T }>> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.kill()
        reject(new PeerError(`no answer within ${this.#timeout / 1000} s`))
      }, this.#timeout)
      this.#child.once('message', (reply: Reply) => {
        clearTimeout(timer)
        if (reply.tell === tell) resolve(reply as Extract<Reply, { tell: T }>)
        else reject(new PeerError(`expected the answer '${tell}', got '${reply.tell}'`))
      })
      this.#ended.then(({ code, errors }) => {
        clearTimeout(timer)
        reject(new PeerError(explain(this.#job, code, errors)))
      })
    })
  }
}

function start(node: string, job: Job) {
  const flags = peers[job.peer]!.nodeFlags
  const child = spawn(node, [...flags, '--import', 'tsx', entry, JSON.stringify(job)], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  // A driver that is interrupted takes its processes along, before their files are removed.
  const stop = () => child.kill('SIGKILL')
  process.prependOnceListener('exit', stop)
  child.once('close', () => process.off('exit', stop))
  let errors = ''
  child.stderr!.on('data', (text: Buffer) => {
    errors = (errors + text).slice(-20_000)
  })
  const ended = new Promise<{ code: number | null; errors: string }>((resolve) => {
    child.once('error', (error) => resolve({ code: null, errors: `Error: ${error.message}` }))
    child.once('close', (code) => resolve({ code, errors }))
  })
  return { child, ended }
}

/** The line that says what went wrong, out of everything an engine writes to stderr. */
function explain(job: Job, code: number | null, errors: string): string {
  const lines = errors.split('\n').map((line) => line.trim())
  const telling = lines.findLast((line) => /error|bad option|not installed|abort/i.test(line))
  const text = telling ?? lines.findLast((line) => line !== '') ?? 'nothing was said'
  const hint = text.includes('ERR_MODULE_NOT_FOUND') ? '. Was `npm run bench:setup` run?' : ''
  return `${job.phase} ended with ${code === null ? 'a signal' : `code ${code}`}: ${text}${hint}`
}
