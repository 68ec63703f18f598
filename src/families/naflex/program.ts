import { ProgramBuilder } from '../../program/builder.ts'
import { linear } from '../../program/layers/linear.ts'
import type { Program } from '../../program/program.ts'
import type { VisionTower } from '../vision/config.ts'
import { encodeTokens } from '../vision/program.ts'
import { patchGrid } from '../vit/grid.ts'

/**
 * The image tower for the grid of one image size: what `visionProgram` computes, of patches that are cut and positions
 * that are resized before. So its weights are the same for every grid.
 *
 * Inputs: `pixels` `[patches, patch height * patch width * channels]`, `position` `[patches, width]`.
 */
export function naflexProgram(config: VisionTower): Program {
  const { width, patchSize, channels } = config
  const [down, across] = patchGrid(config)
  const patches = down * across
  const net = new ProgramBuilder()
  const pixels = net.input('pixels', [patches, patchSize[0] * patchSize[1] * channels])
  const position = net.input('position', [patches, width])
  const options = { bias: config.patchBias, precise: true, residual: position }
  const tokens = linear(net, 'patch', pixels, width, options)
  const program = net.build(encodeTokens(net, config, tokens))
  // Values have the same names in all programs.
  const values = program.values.map((value, id) =>
    id === tokens ? { ...value, name: 'tokens' } : value,
  )
  return { ...program, values }
}
