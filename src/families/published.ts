import type { PublishedVariant } from './architecture.ts'
import { variants as vit } from './vit/variants.ts'

/**
 * Every published variant of every family. It is a list by itself, so that the hub, which only compares
 * names, goes without the families' programs.
 */
export const publishedVariants: readonly PublishedVariant[] = [...vit]
