import { index, type Kernel, kernel } from '../../kernels/kernel.ts'
import { ROW_THREADS } from '../../kernels/rows.ts'

const vector = `  let i = ${index} * ${ROW_THREADS}u + thread;
  let row = i / params.columns4;
  let column = i % params.columns4;
  if (row >= params.rows) { return; }`

/**
 * Rows of every image, which has `in_rows`, from row `first` on of an output with `out_rows`, whose other rows are zero.
 * @param mean whether `in_rows` is 1 and its row is the gradient of a mean over the rows from `first` on
 */
export const placeRows = (mean: boolean): Kernel =>
  kernel({
    name: `f32_${mean ? 'mean_rows_backward' : 'rows_backward'}`,
    bindings: [
      { name: 'x', type: 'vec4<f32>' },
      { name: 'out', type: 'vec4<f32>', access: 'write' },
    ],
    params: ['rows', 'columns4', 'in_rows', 'out_rows', 'first'],
    workgroup: [ROW_THREADS],
    body: `${vector}
  let image = row / params.out_rows;
  let place = row % params.out_rows;
  var value = vec4<f32>();
  ${
    mean
      ? `if (place >= params.first) {
    value = x[image * params.columns4 + column] / f32(params.out_rows - params.first);
  }`
      : `if (place >= params.first && place - params.first < params.in_rows) {
    value = x[(image * params.in_rows + place - params.first) * params.columns4 + column];
  }`
  }
  out[i] = value;`,
  })

/** The sums over all images of their first `rows` rows, of `in_rows`. */
export const imageSums = (adds: boolean): Kernel =>
  kernel({
    name: `f32_image_sums${adds ? '_add' : ''}`,
    bindings: [
      { name: 'x', type: 'vec4<f32>' },
      { name: 'out', type: 'vec4<f32>', access: 'write' },
    ],
    params: ['rows', 'columns4', 'in_rows', 'images'],
    workgroup: [ROW_THREADS],
    body: `${vector}
  var sum = ${adds ? 'out[i]' : 'vec4<f32>()'};
  for (var image = 0u; image < params.images; image++) {
    sum += x[(image * params.in_rows + row) * params.columns4 + column];
  }
  out[i] = sum;`,
  })
