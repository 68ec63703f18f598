import { platform as edge } from '../edge/platform.ts'
import type { Platform } from '../platform.ts'
import { pictures } from './pictures.ts'
import { nextTurn } from './turn.ts'

/**
 * A worker of a page that decodes images: it is given bytes and pictures, and needs no more of a browser than an edge
 * runtime has. It does not import how workers are started, since bundlers refuse a worker that starts itself.
 */
export const platform: Platform = {
  ...edge,
  name: 'web',
  decodingBytes: undefined,
  pictures,
  yield: nextTurn,
}
