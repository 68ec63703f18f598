import type { Format } from '../../../engine/peer.ts'
import { TFLITE_FILE } from '../names.ts'
import { tfliteModel } from './model.ts'

/**
 * A .tflite file for LiteRT's GPU kernels, which take the first of three dimensions for a batch and
 * then compute attention wrongly: heads have to be the second of four.
 */
export const format: Format = {
  *files(task, weights) {
    yield [TFLITE_FILE, tfliteModel(task, weights, [task.bench.batch])]
  },
}
