/** The families whose models have a tower for images and one for texts, as `DualConfig` describes them. */
export const dualFamilies = ['clip', 'naflex', 'siglip'] as const

export type DualFamilyName = (typeof dualFamilies)[number]
