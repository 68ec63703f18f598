/** Extra parameters of a product whose rows are image patches. */
export const patchParams = [
  'patches',
  'grid_columns',
  'image',
  'stride',
  'patch_rows',
  'patch_run',
  'skip',
] as const

/**
 * Row `row` is token `row % (skip + patches)` of an image: zeros for tokens before the patches, else the
 * values of a patch, row-major.
 */
export const patchText = `fn pixel(start: u32, k: u32) -> f32 {
  let y = k / params.patch_run;
  if (y >= params.patch_rows) { return 0.0; }
  return a[start + y * params.stride + k % params.patch_run];
}
fn load_a(row: u32, k: u32) -> vec4<f32> {
  let rows = params.skip + params.patches;
  let token = row % rows;
  if (row >= params.rows || token < params.skip) { return vec4<f32>(); }
  let patch_index = token - params.skip;
  let start = row / rows * params.image
    + patch_index / params.grid_columns * params.patch_rows * params.stride
    + patch_index % params.grid_columns * params.patch_run;
  return vec4(
    pixel(start, 4 * k), pixel(start, 4 * k + 1), pixel(start, 4 * k + 2), pixel(start, 4 * k + 3),
  );
}`
