import { ArgumentError, UnsupportedError } from '../../errors.ts'
import type { Matrix } from './kernels/gemm-matrices.ts'
import type { WebgpuBackendOptions } from './options.ts'

/** Dawn's, which WebGPU does not know yet. */
const MATRICES = 'chromium-experimental-subgroup-matrix' as GPUFeatureName

/** What of a GPU's optional features is used. */
export interface Abilities {
  /** Those that a device has to be opened with. */
  readonly features: readonly GPUFeatureName[]
  readonly subgroups: boolean
  /** What its subgroups multiply, where that was asked for. */
  readonly matrix: Matrix | undefined
}

/**
 * @param language what its shaders may be written in besides
 * @throws UnsupportedError where it lacks what the options ask for; ArgumentError where they do not go together
 */
export function abilitiesOf(
  { dtype = 'f32', subgroups: allowed = true, matrices = false }: WebgpuBackendOptions,
  { features, info }: { readonly features: GPUSupportedFeatures; readonly info: GPUAdapterInfo },
  language: WGSLLanguageFeatures | undefined,
): Abilities {
  if (dtype !== 'f32' && dtype !== 'f16') {
    throw new UnsupportedError(`The GPU computes in f32 and f16 here, not in ${dtype}.`)
  }
  if (dtype === 'f16' && !features.has('shader-f16')) {
    throw new UnsupportedError('This GPU, or its driver, has no f16 (shader-f16); f32 it has.')
  }
  if (matrices && dtype !== 'f16') {
    throw new ArgumentError(`Matrices multiply f16, not ${dtype}: say dtype: 'f16' with them.`)
  }
  const hasSubgroups = features.has('subgroups') && language?.has('subgroup_id') === true
  const matrix = matrices && hasSubgroups && features.has(MATRICES) ? findMatrix(info) : undefined
  if (matrices && !matrix) {
    throw new UnsupportedError(
      `This GPU, its driver or this runtime multiplies no matrices of f16 with sums in f32 (${MATRICES}, of Dawn in Node); without them f16 it has.`,
    )
  }
  const subgroups = allowed && hasSubgroups
  const wanted = {
    'shader-f16': dtype === 'f16',
    subgroups: subgroups || matrix !== undefined,
    [MATRICES]: matrix !== undefined,
  }
  const used = Object.entries(wanted).filter(([, isWanted]) => isWanted)
  return { features: used.map(([name]) => name as GPUFeatureName), subgroups, matrix }
}

/** As Dawn lists them. */
interface MatrixConfig {
  readonly componentType: string
  readonly resultComponentType: string
  readonly M: number
  readonly N: number
  readonly K: number
}

/** The largest of those that multiply f16 and sum in f32. */
function findMatrix(info: GPUAdapterInfo): Matrix | undefined {
  const { subgroupMatrixConfigs = [] } = info as { subgroupMatrixConfigs?: Iterable<MatrixConfig> }
  const [largest] = [...subgroupMatrixConfigs]
    .filter((one) => one.componentType === 'f16' && one.resultComponentType === 'f32')
    // Rows of workgroup memory are vectors of four.
    .filter(({ N, K }) => N % 4 === 0 && K % 4 === 0)
    .sort((a, b) => b.M * b.N * b.K - a.M * a.N * a.K)
  if (!largest) return undefined
  const { subgroupMinSize: least = 4, subgroupMaxSize: most = 128 } = info
  return { rows: largest.M, columns: largest.N, inner: largest.K, lanes: { least, most } }
}

const ENABLE = 'enable-dawn-features='

/**
 * Options for Dawn: those that are given, and switches for what the GPU is asked for. It hides f16 on
 * NVIDIA's Vulkan, whose driver fails some conformance tests, and matrices, which are an experiment.
 */
export function dawnOptions({ dtype, matrices, dawn = [] }: WebgpuBackendOptions): string[] {
  const given = dawn.filter((option) => option.startsWith(ENABLE))
  const names = [
    ...given.flatMap((option) => option.slice(ENABLE.length).split(',')),
    ...(dtype === 'f16' ? ['vulkan_enable_f16_on_nvidia'] : []),
    ...(matrices ? ['allow_unsafe_apis'] : []),
  ]
  const others = dawn.filter((option) => !given.includes(option))
  return names.length > 0 ? [...others, `${ENABLE}${[...new Set(names)].join()}`] : others
}
