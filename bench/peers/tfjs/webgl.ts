import { chooseBackend } from '../../../src/backends/tfjs/registered.ts'
import type { Peer } from '../../engine/peer.ts'
import { importTfjs, tfjsSession } from './session.ts'

/** TensorFlow.js on its WebGL backend, which is there in pages only. */
export const peer: Peer = {
  async load(task, place) {
    const { tf } = await importTfjs(place, 'webgl')
    await chooseBackend(tf, 'webgl')
    const { gl } = (tf.backend() as { gpgpu: { gl: WebGL2RenderingContext } }).gpgpu
    const names = gl.getExtension('WEBGL_debug_renderer_info')
    const description = gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER) as string
    return { ...(await tfjsSession(tf, 'webgl', task, place)), description }
  },
}
