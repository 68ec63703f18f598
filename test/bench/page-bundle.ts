import { join } from 'node:path'
import { type RollupOptions, rollup } from 'rollup'
import { temporaryFolder } from '../cli/run.ts'

/** Builds the benchmark's page from what is in the tree now; returns its folder. */
export async function buildPage(): Promise<string> {
  const folder = join(temporaryFolder(), 'page')
  // @ts-expect-error: a configuration has no types.
  const { default: configs } = await import('../../rollup.config.mjs')
  for (const { output, ...input } of configs as RollupOptions[]) {
    if (Array.isArray(output) || output?.dir !== 'build/page') continue
    const bundle = await rollup(input)
    await bundle.write({ ...output, dir: folder })
    await bundle.close()
  }
  return folder
}
