import type { Reply } from '../engine/protocol.ts'
import { EngineError } from './errors.ts'

/**
 * The answer that was asked for.
 * @throws EngineError with what the engine says where it failed
 */
export function expect<T extends Reply['tell']>(
  reply: Reply,
  tell: T,
): Extract<Reply, { tell: T }> {
  if (reply.tell === tell) return reply as Extract<Reply, { tell: T }>
  if (reply.tell === 'failed') {
    throw new EngineError(reply.unsupported ? 'unsupported' : 'failed', reply.message)
  }
  throw new EngineError('failed', `expected the answer '${tell}', got '${reply.tell}'`)
}
