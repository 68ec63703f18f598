import { ArgumentError, UnsupportedError } from '../../errors.ts'
import type { Matrix } from './kernels/gemm-matrices.ts'
import type { WebgpuBackendOptions } from './options.ts'

/** Dawn's name for a feature that is not in the WebGPU standard yet. */
const MATRICES = 'chromium-experimental-subgroup-matrix' as GPUFeatureName

/** The optional features of a GPU that are used. */
export interface Abilities {
  /** The features to request from the device. */
  readonly features: readonly GPUFeatureName[]
  readonly subgroups: boolean
  /** The subgroup matrix size, if requested. */
  readonly matrix: Matrix | undefined
}

/**
 * Chooses the features for some options.
 * @param language the WGSL language extensions
 * @throws UnsupportedError where the GPU lacks a requested feature; ArgumentError for conflicting options
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
    throw new UnsupportedError('This GPU or its driver has no f16 (shader-f16); use f32.')
  }
  if (matrices && dtype !== 'f16') {
    throw new ArgumentError(`Matrices multiply f16, not ${dtype}; pass dtype: 'f16' as well.`)
  }
  const hasSubgroups = features.has('subgroups') && language?.has('subgroup_id') === true
  const matrix = matrices && hasSubgroups && features.has(MATRICES) ? findMatrix(info) : undefined
  if (matrices && !matrix) {
    throw new UnsupportedError(
      `This GPU, its driver or this runtime can't multiply f16 matrices with f32 sums (${MATRICES}, of Dawn in Node); use f16 without matrices.`,
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

/** An entry of Dawn's list. */
interface MatrixConfig {
  readonly componentType: string
  readonly resultComponentType: string
  readonly M: number
  readonly N: number
  readonly K: number
}

/** The largest matrix that multiplies f16 and sums in f32. */
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
 * The given options for Dawn, plus the toggles that the requested features need. By default Dawn hides f16
 * on NVIDIA's Vulkan driver, which fails some conformance tests, and subgroup matrices, which are
 * experimental.
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
