import type { TensorInfo } from '../checkpoint.ts'
import { isFloat } from '../read/dtype.ts'
import type { Publisher } from './publisher.ts'
import { optimiserState } from './roots.ts'

/** What training scripts save beside a model, by the name below the model or a scope around it. */
const modules =
  /^(loss|losses|loss_fn|loss_func|criterion|metrics?|\w+_(loss|criterion|metrics?)|optimizers?|optim|opt|opt_state|state|lr_schedulers?|scheduler|scaler|amp_scaler|rng_state\w*|extra)[./]/

/** Counters of a training. */
const counters =
  /(^|[./_])(epoch|steps?|iter(ation)?|num_updates|n_averaged|best_\w+|decay|lr|loss|accum_train_time)$/

/** Projections that only self-supervised training needs. */
const projections = /^(dino_head|ibot_head)\./

const countOf = ({ shape }: TensorInfo) => shape.reduce((count, side) => count * side, 1)

/**
 * Whether a tensor can't matter to the model's result: counters, indices, masks, losses, optimisers,
 * empty tensors. Everything else that is not in the table of names is an error.
 * @param name below the model, or below a scope around it
 */
export function isBeside(name: string, tensor: TensorInfo, { harmless }: Publisher): boolean {
  if (!isFloat(tensor) || countOf(tensor) === 0) return true
  if (countOf(tensor) === 1 && counters.test(name) && !/[./]\d+[./]/.test(name)) return true
  const patterns = [modules, projections, optimiserState, ...harmless]
  return patterns.some((pattern) => pattern.test(name))
}
