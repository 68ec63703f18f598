import { UnsupportedError } from '../../src/errors.ts'

/** The little of WebGPU that is used here; the types of the web do not have it yet. */
interface Gpu {
  requestAdapter(options: object): Promise<{ info?: Record<string, string> } | null>
}

/**
 * Asks for the GPU that engines will take, so that nobody computes elsewhere unnoticed.
 * @returns what the browser says about it: `nvidia ampere`, `google swiftshader`
 * @throws UnsupportedError where there is none
 */
export async function findAdapter(): Promise<string> {
  const { gpu } = navigator as { gpu?: Gpu }
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) throw new UnsupportedError('There is no WebGPU here, or no GPU for it.')
  const { vendor, architecture, description } = adapter.info ?? {}
  return [vendor, architecture || description].filter(Boolean).join(' ') || 'WebGPU'
}
