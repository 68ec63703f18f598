import type { WeightSink } from './backend.ts'

/**
 * A sink that keeps some weights from another one.
 * @param take takes values, and tells whether it did; of weights that come as f32
 */
export const sinkBeside = (
  others: WeightSink,
  take: (...written: Parameters<WeightSink['write']>) => boolean,
): WeightSink => ({
  ...(others.writeInt8 && { writeInt8: others.writeInt8.bind(others) }),
  ...(others.drain && { drain: others.drain.bind(others) }),
  write(...written) {
    if (!take(...written)) others.write(...written)
  },
})
