import type { CrossEntropy } from '../../../program/training/cross-entropy.ts'
import { matrix } from '../matrix.ts'
import type { Compute } from '../ops/compute.ts'

export const crossEntropy: Compute<CrossEntropy> = (op, { value }) => {
  const { data: logits, shape } = value(op.logits)
  const targets = value(op.targets).data
  const highest = Math.max(...logits)
  const logSum = highest + Math.log(logits.reduce((sum, x) => sum + Math.exp(x - highest), 0))
  const total = targets.reduce((sum, t) => sum + t, 0)
  const loss = matrix(1, 1)
  const gradient = matrix(...shape)
  logits.forEach((x, i) => {
    loss.data[0]! -= targets[i]! * (x - logSum)
    gradient.data[i] = (Math.exp(x - logSum) * total - targets[i]!) * op.weight
  })
  return [loss, gradient]
}
