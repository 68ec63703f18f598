const reductions = {
  total: { among: 'subgroupAdd', two: (a: string, b: string) => `${a} + ${b}` },
  highest: { among: 'subgroupMax', two: (a: string, b: string) => `max(${a}, ${b})` },
} as const

/**
 * WGSL functions `total` and `highest`, which reduce one value per thread over a workgroup, by subgroups or
 * through workgroup memory. All threads must call them: `total(${self(subgroups)}, part)`.
 */
export function reduceText(
  names: readonly (keyof typeof reductions)[],
  threads: number,
  subgroups: boolean,
): string {
  const text = subgroups ? overSubgroups : overMemory
  return `var<workgroup> parts: array<f32, ${threads}>;
${names.map((name) => text(name, threads)).join('\n')}`
}

/** The first arguments of a reduction, which identify the thread. */
export const self = (subgroups: boolean) => (subgroups ? 'subgroup, subgroup_count' : 'thread')

/** Uses the reported number of subgroups: their size varies, and not all may be full. */
function overSubgroups(name: keyof typeof reductions): string {
  const { among, two } = reductions[name]
  return `
fn ${name}(subgroup: u32, subgroup_count: u32, part: f32) -> f32 {
  let own = ${among}(part);
  workgroupBarrier();
  if (subgroupElect()) { parts[subgroup] = own; }
  workgroupBarrier();
  var all = parts[0];
  for (var i = 1u; i < subgroup_count; i++) { all = ${two('all', 'parts[i]')}; }
  return all;
}`
}

function overMemory(name: keyof typeof reductions, threads: number): string {
  const { two } = reductions[name]
  return `
fn ${name}(thread: u32, part: f32) -> f32 {
  workgroupBarrier();
  parts[thread] = part;
  for (var half = ${threads / 2}u; half > 0; half /= 2) {
    workgroupBarrier();
    if (thread < half) { parts[thread] = ${two('parts[thread]', 'parts[thread + half]')}; }
  }
  workgroupBarrier();
  return parts[0];
}`
}
