import { UnsupportedError } from '../../../../errors.ts'
import type { Transpose } from '../../../../program/ops/transpose.ts'
import type { LowerOp } from './lower-op.ts'

export const transpose: LowerOp<Transpose> = {
  full: ({ output }) => [output],
  lower() {
    throw new UnsupportedError('TODO')
  },
}
