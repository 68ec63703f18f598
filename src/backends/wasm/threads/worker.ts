// The entry point of a worker: it waits for messages and computes its shares of runs. It imports as little
// as possible, to start quickly.
import { port } from '#port'
import { breakBarrier, join } from './control.ts'
import type { Command, Interpreter, Report } from './protocol.ts'
import { runTimed } from './timed.ts'

interface LoadedModel {
  readonly memory: WebAssembly.Memory
  readonly run: Interpreter
}

const models = new Map<number, LoadedModel>()
const send = (report: Report) => port.post(report)

port.listen((message) => {
  const command = message as Command
  if (command.type === 'run') work(command)
  else if (command.type === 'unload') models.delete(command.model)
  else {
    const { module, memory } = command
    // V8 reports growth only to threads that have deserialised the memory, so growth since the message was
    // sent may be missing. Growing by 0 pages picks it up.
    memory.grow(0)
    const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports
    models.set(command.model, { memory, run: run as Interpreter })
  }
})
send({ type: 'ready' })

function work({ segment, model, args, joining, timed }: Command & { type: 'run' }): void {
  const { memory, run } = models.get(model)!
  const control = args[3]
  try {
    if (joining > 0 && !join(memory, control, joining)) {
      send({ type: 'done', segment, end: args[1], times: undefined })
    } else if (timed) send({ type: 'done', segment, ...runTimed(run, args, memory) })
    else send({ type: 'done', segment, end: run(...args), times: undefined })
  } catch (error) {
    breakBarrier(memory, control)
    send({ type: 'failed', segment, message: String(error) })
  }
}
