import { hasStopped } from './control.ts'
import type { Interpreter, RunArguments } from './protocol.ts'

/** Runs the interpreter record by record and measures each, including its barrier. */
export function runTimed(
  run: Interpreter,
  args: RunArguments,
  memory: WebAssembly.Memory,
): { end: number; times: number[] } {
  const [tape, from, to, control, scratch, thread, threads] = args
  const times: number[] = []
  for (let record = from; record < to; record++) {
    const start = performance.now()
    run(tape, record, record + 1, control, scratch, thread, threads)
    times.push(performance.now() - start)
    if (hasStopped(memory, control, threads)) return { end: record + 1, times }
  }
  return { end: to, times }
}
