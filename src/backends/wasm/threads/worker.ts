// What a thread of the wasm backend runs: it waits for messages, and computes its shares of runs. It
// imports next to nothing, so that it is there quickly.
import { port } from '#port'
import { breakBarrier, join } from './control.ts'
import type { Interpreter, Order, Report } from './protocol.ts'
import { runTimed } from './timed.ts'

interface Met {
  readonly memory: WebAssembly.Memory
  readonly run: Interpreter
}

const models = new Map<number, Met>()
const tell = (report: Report) => port.post(report)

port.listen((message) => {
  const order = message as Order
  if (order.do === 'run') work(order)
  else if (order.do === 'forget') models.delete(order.model)
  else {
    const { module, memory } = order
    // V8 tells threads of growth only once they have unpacked the memory, so what was added since it
    // was sent may be missing. Growing by nothing finds it.
    memory.grow(0)
    const { run } = new WebAssembly.Instance(module, { env: { memory } }).exports
    models.set(order.model, { memory, run: run as Interpreter })
  }
})
tell({ tell: 'ready' })

function work({ leg, model, args, joining, timed }: Order & { do: 'run' }): void {
  const { memory, run } = models.get(model)!
  const control = args[3]
  try {
    if (joining > 0 && !join(memory, control, joining)) {
      tell({ tell: 'left', leg, end: args[1], times: undefined })
    } else if (timed) tell({ tell: 'left', leg, ...runTimed(run, args, memory) })
    else tell({ tell: 'left', leg, end: run(...args), times: undefined })
  } catch (error) {
    breakBarrier(memory, control)
    tell({ tell: 'trapped', leg, message: String(error) })
  }
}
