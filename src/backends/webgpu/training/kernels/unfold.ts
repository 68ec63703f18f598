import { index, type Kernel, kernel } from '../../kernels/kernel.ts'
import { type Windows, windowsName, windowsText, windowsType } from '../../kernels/windows.ts'

export const UNFOLD_THREADS = 64

/** The windows of images as a matrix, a row for each. */
export const unfold = (windows: Windows): Kernel =>
  kernel({
    name: `f32_unfold${windowsName(windows)}`,
    bindings: [
      { name: 'a', type: windowsType(windows, 'f32') },
      { name: 'out', type: 'vec4<f32>', access: 'write' },
    ],
    params: ['rows', 'inner4'],
    workgroup: [UNFOLD_THREADS],
    before: windowsText(windows, 'f32'),
    body: `  let i = ${index} * ${UNFOLD_THREADS}u + thread;
  let row = i / params.inner4;
  if (row >= params.rows) { return; }
  out[i] = load_a(row, i % params.inner4);`,
  })
