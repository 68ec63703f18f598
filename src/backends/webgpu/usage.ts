/** WebGPU's buffer usage flags. Node has no global `GPUBufferUsage`. */
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
