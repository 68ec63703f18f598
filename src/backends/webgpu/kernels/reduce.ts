const reductions = {
  total: { among: 'subgroupAdd', two: (a: string, b: string) => `${a} + ${b}` },
  highest: { among: 'subgroupMax', two: (a: string, b: string) => `max(${a}, ${b})` },
} as const

/**
 * Functions that give every thread of a workgroup the `total` or the `highest` of what all have, over
 * subgroups or over workgroup memory. They are called by all threads at once:
 * `total(${self(subgroups)}, part)`.
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

/** The first arguments of a reduction: who the thread is. */
export const self = (subgroups: boolean) => (subgroups ? 'subgroup, subgroup_count' : 'thread')

/** How many subgroups there are is asked, not computed: their size differs, and not all may be full. */
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
