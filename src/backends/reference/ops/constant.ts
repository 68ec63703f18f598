import type { Constant } from '../../../program/ops/constant.ts'
import type { Compute } from './compute.ts'

export const constant: Compute<Constant> = (op, { weight }) => [weight(op.weight)]
