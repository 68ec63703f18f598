import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Engine, Job, Reply, Request } from '../engine/protocol.ts'
import { nodeFlags } from '../engine/spec.ts'
import { EngineError } from './errors.ts'
import { expect } from './expect.ts'

// From source, entries are TypeScript beside this folder; built, they lie beside this file.
const source = import.meta.url.endsWith('.ts')
const loader = source ? ['--import', 'tsx'] : []

type EntryName = 'engine' | 'prepare' | 'calibrator'

function entry(name: EntryName): string {
  const path = source ? `../entries/${name}.ts` : `./bench-${name}.js`
  return fileURLToPath(new URL(path, import.meta.url))
}

// A driver that ends takes its processes along, before their files are removed.
const living = new Set<ChildProcess>()
process.prependListener('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/** A process that answers each message with one message, and may say one by itself at its start. */
export class Talker<Ask extends object, Tell extends object> {
  readonly #child: ChildProcess
  readonly #timeout: number
  /** Messages of the child that have not been read yet. */
  readonly #said: Tell[] = []
  #ended: EngineError | undefined
  #wake: () => void = () => {}

  /** @param timeout how long any one answer may take, in milliseconds */
  constructor(
    node: string,
    flags: readonly string[],
    name: EntryName,
    argument: object,
    timeout: number,
  ) {
    this.#timeout = timeout
    const start = String(performance.timeOrigin + performance.now())
    const child = spawn(node, [...flags, ...loader, entry(name), JSON.stringify(argument)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...process.env, VITRINE_BENCH_START: start },
    })
    this.#child = child
    living.add(child)
    let errors = ''
    child.stderr!.on('data', (text: Buffer) => {
      errors = (errors + text).slice(-20_000)
    })
    const end = (reason: EngineError) => {
      living.delete(child)
      this.#ended ??= reason
      this.#wake()
    }
    child.on('message', (message) => {
      this.#said.push(message as Tell)
      this.#wake()
    })
    child.once('error', (error) =>
      end(new EngineError('failed', `could not be started: ${error.message}`)),
    )
    child.once('close', (code, signal) => end(explain(code, signal, errors)))
  }

  ask(request: Ask): Promise<Tell> {
    // That it is gone already shows when the answer is waited for.
    this.#child.send(request, () => {})
    return this.next()
  }

  /** @throws EngineError where the process ends, or says nothing in time */
  async next(): Promise<Tell> {
    const timer = setTimeout(() => {
      this.#ended ??= new EngineError('failed', `no answer within ${this.#timeout / 1000} s`)
      this.kill()
    }, this.#timeout)
    try {
      while (this.#said.length === 0 && this.#ended === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    } finally {
      clearTimeout(timer)
    }
    const said = this.#said.shift()
    if (said) return said
    throw this.#ended!
  }

  /** Resolves when the process has ended; rejects where it did so with an error. */
  async done(): Promise<void> {
    const code = await new Promise((resolve) => this.#child.once('close', resolve))
    if (code !== 0) throw this.#ended!
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

/** Node's exit code for an invalid option, which older versions have for flags of newer ones. */
const INVALID_OPTION = 9

/** Why a process ended, with the line that says what went wrong out of everything it wrote to stderr. */
function explain(code: number | null, signal: string | null, errors: string): EngineError {
  const lines = errors.split('\n').map((line) => line.trim())
  const option = lines.flatMap((line) => /bad option: (\S+)/.exec(line)?.[1] ?? [])[0]
  if (code === INVALID_OPTION && option) {
    return new EngineError('unsupported', `this Node has no ${option}`)
  }
  const telling = lines.findLast((line) => /error|abort/i.test(line))
  const text = telling ?? lines.findLast((line) => line !== '')
  const how = `the process ended with ${signal ?? `code ${code}`}`
  return new EngineError('failed', `${how}${text ? `: ${text}` : ''}`)
}

/** An engine with one case, in a process of its own. */
export class NodeEngine implements Engine {
  readonly #talker: Talker<Request, Reply>

  /** @param timeout how long any one answer may take, in milliseconds */
  constructor(node: string, job: Job, timeout: number) {
    this.#talker = new Talker(node, nodeFlags(job.engine), 'engine', job, timeout)
  }

  async loaded() {
    return expect(await this.#talker.next(), 'loaded')
  }

  async warm(seconds: number) {
    return expect(await this.#talker.ask({ ask: 'warm', seconds }), 'warm')
  }

  async turn(runs: number) {
    return expect(await this.#talker.ask({ ask: 'turn', runs }), 'turn')
  }

  async finish() {
    return expect(await this.#talker.ask({ ask: 'finish' }), 'finished')
  }

  kill(): void {
    this.#talker.kill()
  }
}
