import type { ModelConfig } from '../../checkpoint/model-config.ts'
import { type Fields, oneOf, whole } from '../../fields.ts'
import { positionsIn, sameWindow, validWindow, type Window } from '../../program/ops/window.ts'
import { channelsField, fromZero, type Gelu, gelus, sides } from '../vit/config.ts'

/**
 * The structure of an MLP-Mixer (Tolstikhin et al. 2021). The tensors of a checkpoint and the files beside it determine
 * it; the option `config` of `load` overrides single fields.
 */
export interface MixerConfig extends ModelConfig {
  /** Always `mixer`. */
  family: 'mixer'
  /** Height and width of the input in pixels, from 1. The weights fix the number of patches. */
  imageSize: readonly [height: number, width: number]
  /** Channels of the input: 3 for RGB; 1 for grey, computed from RGB as Pillow's `convert('L')` does. */
  channels: 1 | 3
  /** Height and width of a patch in pixels, from 1. */
  patchSize: readonly [height: number, width: number]
  /** What becomes of a side that is no multiple of the patch's: `same` adds zeros, `valid` leaves the remainder out. */
  padding: 'same' | 'valid'
  /** Length of a token, from 1. */
  width: number
  /** Number of Mixer blocks, from 1. */
  depth: number
  /** Hidden width of the MLPs that mix tokens, from 1. */
  tokenMlpWidth: number
  /** Hidden width of the MLPs that mix channels, from 1. */
  mlpWidth: number
  /** Number of classes of the head, 0 for a model without a head. */
  classes: number
  /** The form of GELU in the MLPs. */
  gelu: Gelu
  /** Epsilon of all layer norms, from 0. */
  eps: number
}

export const mixerFields: Fields<MixerConfig> = {
  family: oneOf('mixer'),
  imageSize: sides,
  channels: channelsField,
  patchSize: sides,
  padding: oneOf('same', 'valid'),
  width: whole(1),
  depth: whole(1),
  tokenMlpWidth: whole(1),
  mlpWidth: whole(1),
  classes: whole(0),
  gelu: oneOf(...gelus),
  eps: fromZero,
}

type Patches = Pick<MixerConfig, 'imageSize' | 'patchSize' | 'padding'>

/**
 * Where patches are cut from an image.
 * @throws ArgumentError where it holds none
 */
export const patchWindow = ({ imageSize, patchSize, padding }: Patches): Window =>
  padding === 'same'
    ? sameWindow(imageSize, patchSize, patchSize)
    : validWindow(imageSize, patchSize)

/**
 * The number of patches of an image.
 * @throws ArgumentError where it holds none
 */
export const countPatches = (config: Patches): number => positionsIn(patchWindow(config).outputs)
