import type { Constant } from '../ops/constant.ts'
import type { Rule } from './rule.ts'
import type { TokensBackward } from './tokens.ts'

/** The sum over images, as of a position embedding that is added to nothing. */
export const constantRule: Rule<Constant, TokensBackward> = ({ weight }, outputGradient, net) => {
  const positionGradient = net.ofWeight(weight)
  if (positionGradient === undefined) return
  const others = { inputGradient: undefined, prefixGradient: undefined, prefixRows: 0 }
  net.push({ op: 'tokens_backward', outputGradient, positionGradient, ...others })
}
