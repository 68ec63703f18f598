/** How a value or a weight is stored on the GPU. Arithmetic is f32 whatever the storage. */
export type Storage = 'f32' | 'f16'

/**
 * A compute shader. The name states its contract: type, operation, tile. Group 0 holds the storage buffers
 * in order, then a uniform buffer with the parameters.
 */
export interface Kernel {
  readonly name: string
  readonly code: string
  readonly bindings: readonly ('read' | 'write')[]
}

/** A storage buffer that a kernel declares. */
export interface Binding {
  readonly name: string
  readonly type: string
  readonly access?: 'write'
}

export type Extension = 'f16' | 'subgroups' | 'chromium_experimental_subgroup_matrix'

export interface KernelText {
  readonly name: string
  readonly bindings: readonly Binding[]
  /** Names of the parameters, all u32. */
  readonly params: readonly string[]
  readonly workgroup: readonly [x: number, y?: number, z?: number]
  /** Declarations at module scope. */
  readonly before?: string
  /** WGSL extensions to enable, apart from f16, which is enabled if a binding uses it. */
  readonly enable?: readonly Extension[]
  /**
   * The body of `main`. In scope: `group`, `at` (position in the workgroup) and `thread` (index in the
   * workgroup); with subgroups also `subgroup` (its index) and `subgroup_count`.
   */
  readonly body: string
}

/** Assembles a kernel. */
export function kernel(text: KernelText): Kernel {
  const { name, bindings, params, workgroup, before = '', body } = text
  const usesF16 = bindings.some(({ type }) => type.includes('f16'))
  const enable = new Set<Extension>([
    ...(usesF16 ? (['f16'] as const) : []),
    ...(text.enable ?? []),
  ])
  const usesSubgroups = enable.has('subgroups')
  const buffers = bindings.map(({ name, type, access }, i) => {
    const mode = access === 'write' ? 'read_write' : 'read'
    return `@group(0) @binding(${i}) var<storage, ${mode}> ${name}: array<${type}>;`
  })
  const code = `${[...enable].map((what) => `enable ${what};\n`).join('')}${usesSubgroups ? 'requires subgroup_id;\n' : ''}
struct Params { ${params.map((param) => `${param}: u32`).join(', ')} }
${buffers.join('\n')}
@group(0) @binding(${bindings.length}) var<uniform> params: Params;
${before}
@compute @workgroup_size(${workgroup.join(', ')})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) at: vec3u,
  @builtin(local_invocation_index) thread: u32,${
    usesSubgroups
      ? `
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroup_count: u32,`
      : ''
  }
) {
${body}
}
`
  return { name, code, bindings: bindings.map(({ access }) => access ?? 'read') }
}

/** The guaranteed number of workgroups along an axis, rounded down to a power of two. */
const MAX_GROUPS = 32768

/** Distributes workgroups over two axes; `index` is the linear index of a workgroup over x and y. */
export const spread = (count: number): [first: number, second: number] => [
  Math.min(count, MAX_GROUPS),
  Math.ceil(count / MAX_GROUPS),
]
export const spreadIndex = (first: 'x' | 'y', second: 'y' | 'z') =>
  `(group.${second} * ${MAX_GROUPS}u + group.${first})`
export const index = spreadIndex('x', 'y')

/** The bits of a float, as a u32 parameter; read it with `bitcast<f32>(params.eps)`. */
export function floatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!
}

/** The vectors in a row. Rows are padded with zeros to whole vectors. */
export const vectors = (columns: number): number => Math.ceil(columns / 4)

/** The largest f16. The result of converting a larger value is implementation-defined. */
const HIGHEST_F16 = '65504.0'

/** WGSL that converts a `vec4<f32>` for storage. */
export const toStorage = (storage: Storage, value: string): string =>
  storage === 'f32'
    ? value
    : `vec4<f16>(clamp(${value}, vec4(-${HIGHEST_F16}), vec4(${HIGHEST_F16})))`
