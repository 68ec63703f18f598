import type { ConfigReaders } from '../family.ts'
import { timmFacts } from '../vision/beside/timm.ts'
import type { VisionConfig } from '../vision/config.ts'
import { visionFamily } from '../vision/family.ts'
import { timm } from './names.ts'

/** AIMv2 (Fini et al. 2024). Its heads are 128 wide. */
export const aimv2 = visionFamily({
  name: 'aimv2',
  publishers: [timm],
  essential: ['patch_norm.scale', 'position'],
  unsaid: () => ['heads'],
  configReaders: async (): Promise<ConfigReaders<VisionConfig>> => ({
    timm: (file, given) => {
      const known = [
        [/^aimv2_large_/, { heads: 8 }],
        [/^aimv2_huge_/, { heads: 12 }],
        [/^aimv2_1b_/, { heads: 16 }],
        [/^aimv2_3b_/, { heads: 24 }],
      ] as const
      return timmFacts(file, given, known)
    },
  }),
})
