import type { Facts } from '../../../checkpoint/beside/facts.ts'
import type { JsonFile } from '../../../checkpoint/beside/json.ts'
import { timmConfig } from '../../../checkpoint/beside/timm.ts'
import type { Given } from '../../../checkpoint/description.ts'
import { encoderFacts } from '../../vit/beside/timm.ts'
import type { HybridConfig } from '../config.ts'

/** The units of an architecture, by a word in its name. */
const unitsByName: readonly (readonly [name: RegExp, units: HybridConfig['units']])[] = [
  [/^vit_\w+?_r_s16/, []],
  [/^vit_\w+?_r26_s32/, [2, 2, 2, 2]],
  [/^vit_\w+?_r50_s16|^vit_base_resnet50_/, [3, 4, 9]],
  [/^vit_\w+?_r50_s32/, [3, 4, 6, 3]],
]

/**
 * What timm's `config.json` says of a hybrid: the same as of a ViT. The name of the architecture tells the ResNet.
 * @throws UnsupportedError naming what is computed otherwise here; FormatError naming a field that makes no sense
 */
export function readTimmConfig(file: JsonFile, given: Given<HybridConfig>): Facts<HybridConfig> {
  const facts = encoderFacts(file, given)
  const { architecture = '' } = timmConfig(file)
  const units = unitsByName.find(([name]) => name.test(architecture))?.[1]
  return { ...facts, claims: { ...facts.claims, units } }
}
