import type { Conv2d } from '../../../../src/program/ops/conv2d.ts'
import type { LowerOp } from '../lowering.ts'
import { product } from '../product.ts'

/** Its input is already cut into patches; see `jaxPatches`. */
export const conv2d: LowerOp<Conv2d> = product
