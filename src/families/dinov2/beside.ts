import { field, isFlag, type JsonFile, refuse } from '../../checkpoint/beside/json.ts'
import type { Given } from '../../checkpoint/description.ts'
import type { ConfigReaders } from '../family.ts'
import { transformersFacts } from '../vision/beside/transformers.ts'
import type { VisionConfig } from '../vision/config.ts'

const defaults = { eps: 1e-6, heads: 12, activation: 'gelu_erf' } as const

/** What transformers' `config.json` says of a DINOv2. */
function readTransformersConfig(file: JsonFile, given: Given<VisionConfig>) {
  const models = { dinov2: defaults, dinov2_with_registers: defaults }
  const facts = transformersFacts(file, given, models)
  // The gate of its SwiGLU is silu, whatever the file says of the activation.
  const isGated = field(file, 'use_swiglu_ffn', isFlag, 'true or false') ?? false
  if (file.json.apply_layernorm === false) refuse(file, 'apply_layernorm', 'neighbours: false')
  return isGated ? { ...facts, config: { ...facts.config, activation: 'silu' as const } } : facts
}

export const dinov2Readers: ConfigReaders<VisionConfig> = { transformers: readTransformersConfig }
