import type { Found } from '../../checkpoint/plan/found.ts'
import type { ProgramBuilder } from '../../program/builder.ts'
import { linear } from '../../program/layers/linear.ts'
import { rows } from '../../program/layers/rows.ts'
import type { ValueId } from '../../program/values.ts'
import type { EncoderConfig } from './config.ts'
import type { Slot } from './slots.ts'

/*
 * DeiT (Touvron et al. 2021): a distilled model has a second token, with a head of its own, and answers
 * with the mean of both heads' logits. Our program adds the two, so both heads are halved while they are
 * read, and doubled while they are written.
 */

const isHead = (slot: Slot) => slot.startsWith('head.') || slot.startsWith('head_dist.')

/** The logits of both heads. @param x all tokens, @param logits those of the class token's head */
export function addDistilledLogits(
  net: ProgramBuilder,
  { classes }: EncoderConfig,
  x: ValueId,
  logits: ValueId,
): ValueId {
  const token = rows(net, 'distilled', x, 1, 1)
  return linear(net, 'head_dist', token, classes, { residual: logits, precise: true })
}

/** What a tensor's values are multiplied by while they are read. One head alone is the answer as it is. */
export const scaleWhenRead = (slot: Slot, { distilled }: EncoderConfig, found: Found) =>
  isHead(slot) && distilled && found.tensor('head_dist.kernel') !== undefined ? 0.5 : 1

/** What our weights are multiplied by while they are written. */
export const scaleWhenWritten = (slot: Slot, { distilled }: EncoderConfig) =>
  isHead(slot) && distilled ? 2 : 1

/**
 * Whether a slot that the file does not have is zero. A head may have no bias, and transformers'
 * `DeiTForImageClassification` has the distillation token and no head for it.
 */
export function isZeroHead(slot: Slot, found: Found): boolean {
  if (slot === 'head.bias') return true
  if (!slot.startsWith('head_dist.')) return false
  if (found.tensor('head_dist.kernel')) return slot === 'head_dist.bias'
  return found.publisher.name === 'huggingface' && !found.tensor('head_dist.bias')
}
