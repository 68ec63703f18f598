/** WebGPU's flags for what a buffer may be used for, as numbers: Node has no global of that name. */
export const Usage = {
  MapRead: 0x1,
  CopySource: 0x4,
  CopyTarget: 0x8,
  Uniform: 0x40,
  Storage: 0x80,
} as const

/** `GPUMapMode.READ` */
export const MAP_READ = 1

/** `GPUShaderStage.COMPUTE` */
export const COMPUTE_STAGE = 4
