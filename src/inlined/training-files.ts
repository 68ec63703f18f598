import { unpack } from './unpack.ts'

/** The kernels for training, each a module that is imported when it is needed. */
const files = {
  simd8: () => import('#inline/train-simd8'),
  relaxed8: () => import('#inline/train-relaxed8'),
  relaxed16: () => import('#inline/train-relaxed16'),
  'simd8-threads': () => import('#inline/train-simd8-threads'),
  'relaxed8-threads': () => import('#inline/train-relaxed8-threads'),
  'relaxed16-threads': () => import('#inline/train-relaxed16-threads'),
}

export type TrainingFile = keyof typeof files

export const isTrainingFile = (name: string): name is TrainingFile => Object.hasOwn(files, name)

/** The bytes of kernels for training. */
export async function trainingFile(name: TrainingFile): Promise<Uint8Array> {
  return unpack((await files[name]()).default)
}
