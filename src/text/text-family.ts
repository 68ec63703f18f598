import type { DualConfig } from '../families/dual/config.ts'
import { dualFamilies } from '../families/dual/members.ts'
import { textStages as dualStages, dualTextProgram } from '../families/dual/text-program.ts'
import type { LiTConfig } from '../families/lit/config.ts'
import { textStages as litStages, litTextProgram } from '../families/lit/text-program.ts'
import type { Stage } from '../model/overflow.ts'
import type { Program } from '../program/program.ts'
import type { EmbeddingSizes } from './embedding/token-embedding.ts'

/** A config of any model of images and texts; its `family` tells which. */
export type ImageTextConfig = LiTConfig | DualConfig

/** Has this model texts, as all of these families have? */
export const isImageText = (config: { readonly family: string }): config is ImageTextConfig =>
  config.family === 'lit' || (dualFamilies as readonly string[]).includes(config.family)

/** The program of the text tower for so many tokens; its input is `embedded`, its output `features`. */
export const textProgram = (config: ImageTextConfig, tokens: number): Program =>
  config.family === 'lit'
    ? litTextProgram(config, tokens, 'embedded')
    : dualTextProgram(config, tokens, 'embedded')

/** The sizes of what makes `embedded` of tokens. */
export const embeddingSizes = (config: ImageTextConfig): EmbeddingSizes => ({
  vocabulary: config.vocabulary,
  positions: config.family === 'lit' ? config.textPositions : config.maxLength,
  width: config.textWidth,
  segment: config.family === 'lit' && config.textTower === 'bert',
})

/** The values of the text tower after its embedding, from the first to the last, by which an overflow is found. */
export const textStages = (config: ImageTextConfig): readonly Stage[] =>
  config.family === 'lit' ? litStages(config) : dualStages(config)

/** Is a bias added to similarities, and is each text judged for itself (SigLIP)? */
export const hasSimilarityBias = (config: ImageTextConfig): boolean =>
  config.family !== 'lit' && config.similarityBias
