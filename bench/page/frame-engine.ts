import { EngineError } from '../drive/errors.ts'
import { expect } from '../drive/expect.ts'
import type { Engine, Job, Reply, Request } from '../engine/protocol.ts'
import { engineId } from '../engine/spec.ts'

/** What a frame finds in its address, behind the `#`. */
export interface FrameJob {
  /** The origin of the page that asks. */
  readonly page: string
  readonly job: Job
}

/** An engine with one case, in a frame of its own that goes away when the engine is killed. */
export class FrameEngine implements Engine {
  readonly #frame = document.createElement('iframe')
  readonly #origin: string
  readonly #timeout: number
  readonly #said: Reply[] = []
  #ended: string | undefined
  #wake: () => void = () => {}

  /**
   * @param stage where the frame is shown: browsers give little time to what can't be seen
   * @param origin the frame's own, so that it gets a process of its own
   * @param timeout how long any one answer may take, in milliseconds
   */
  constructor(stage: Element, origin: string, job: Job, timeout: number) {
    const name = engineId(job.engine)
    const whole: FrameJob = { page: location.origin, job }
    this.#origin = origin
    this.#timeout = timeout
    addEventListener('message', this.#hear)
    this.#frame.title = name
    this.#frame.allow = 'cross-origin-isolated'
    const hash = encodeURIComponent(JSON.stringify(whole))
    this.#frame.src = `${origin}/engine?name=${encodeURIComponent(name)}#${hash}`
    stage.append(this.#frame)
  }

  async loaded() {
    return expect(await this.#next(), 'loaded')
  }

  async warm(seconds: number) {
    return expect(await this.#ask({ ask: 'warm', seconds }), 'warm')
  }

  async turn(runs: number) {
    return expect(await this.#ask({ ask: 'turn', runs }), 'turn')
  }

  async finish() {
    return expect(await this.#ask({ ask: 'finish' }), 'finished')
  }

  kill(): void {
    this.#end('the frame was removed')
  }

  readonly #hear = ({ source, origin, data }: MessageEvent) => {
    if (source !== this.#frame.contentWindow || origin !== this.#origin) return
    this.#said.push(data)
    this.#wake()
  }

  #ask(request: Request): Promise<Reply> {
    this.#frame.contentWindow?.postMessage(request, this.#origin)
    return this.#next()
  }

  /** @throws EngineError where the frame is gone, or says nothing in time */
  async #next(): Promise<Reply> {
    const seconds = this.#timeout / 1000
    const timer = setTimeout(() => this.#end(`no answer within ${seconds} s`), this.#timeout)
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
    throw new EngineError('failed', this.#ended!)
  }

  #end(reason: string): void {
    this.#ended ??= reason
    removeEventListener('message', this.#hear)
    this.#frame.remove()
    this.#wake()
  }
}
