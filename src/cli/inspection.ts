import type { CheckpointFile, TensorInfo } from '../checkpoint/checkpoint.ts'
import { tensorBytes } from '../checkpoint/dtype.ts'
import { planCheckpoint } from '../checkpoint/plan.ts'
import { CheckpointError, VitrineError } from '../errors.ts'
import type { ViTConfig } from '../models/config.ts'
import { vitProgram } from '../models/families/vit.ts'
import { variantConfig, variants } from '../models/variants.ts'
import { parameterCount } from '../program/passes/work.ts'

/** What a checkpoint holds, and what it is as a model. */
export interface Inspection {
  readonly file: string
  readonly format: CheckpointFile['format']
  /** Bytes of all tensors, uncompressed. */
  readonly bytes: number
  /** Elements by their type. */
  readonly dtypes: Readonly<Record<string, number>>
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: readonly TensorInfo[]
  /** As a plain ViT; missing where it is none. */
  readonly model?: ModelFacts
  /** Why it does not fit; missing where it does. */
  readonly problem?: Problem
}

export interface ModelFacts {
  readonly publisher: string
  /** The published variant with this structure, where there is one. */
  readonly variant?: string
  readonly config: ViTConfig
  readonly preprocess: string
  readonly parameters: number
  /** Tensors of no use to the model. */
  readonly ignored: readonly string[]
}

export interface Problem {
  readonly code: string
  readonly message: string
  readonly missing?: readonly string[]
  readonly extra?: readonly string[]
  readonly misshapen?: readonly string[]
}

/**
 * Looks at the headers of an open checkpoint; no tensor is read.
 * @param overrides of its config; see planCheckpoint
 */
export function inspectFile(file: CheckpointFile, overrides: Partial<ViTConfig>): Inspection {
  const tensors = [...file.tensors.values()]
  const facts = {
    file: file.name,
    format: file.format,
    bytes: tensors.reduce((sum, info) => sum + tensorBytes(info), 0),
    dtypes: countByType(tensors),
    metadata: file.metadata,
    tensors,
  }
  try {
    return { ...facts, model: modelFacts(file, overrides) }
  } catch (error) {
    if (!(error instanceof VitrineError)) throw error
    return { ...facts, problem: problemOf(error) }
  }
}

function modelFacts(file: CheckpointFile, overrides: Partial<ViTConfig>): ModelFacts {
  const { publisher, config, recipe, ignored } = planCheckpoint(file, overrides)
  const parameters = parameterCount(vitProgram(config))
  const variant = variantOf(config)
  return {
    publisher,
    ...(variant !== undefined && { variant }),
    config,
    preprocess: recipe,
    parameters,
    ignored,
  }
}

function variantOf(config: ViTConfig): string | undefined {
  const keys = ['width', 'depth', 'heads', 'mlpWidth', 'classifier', 'patchSize'] as const
  return variants.find(({ name }) => {
    const published = variantConfig(name)
    return keys.every((key) => String(published[key]) === String(config[key]))
  })?.name
}

function countByType(tensors: readonly TensorInfo[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { dtype, shape } of tensors) {
    counts[dtype] = (counts[dtype] ?? 0) + shape.reduce((count, side) => count * side, 1)
  }
  return counts
}

function problemOf(error: VitrineError): Problem {
  const { code, message } = error
  if (!(error instanceof CheckpointError)) return { code, message }
  const { missing, extra, misshapen } = error
  return { code, message, missing, extra, misshapen }
}
