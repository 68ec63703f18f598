import type { PatchEmbed } from '../../../../src/program/ops/patch-embed.ts'
import type { LowerOp } from '../lowering.ts'
import { product } from '../product.ts'

/** Its input is already cut into patches; see `jaxPatches`. */
export const patchEmbed: LowerOp<PatchEmbed> = product
