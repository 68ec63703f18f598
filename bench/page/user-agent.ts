import type { Machine } from '../report/report.ts'

/** The part of User-Agent Client Hints that Chromium has and TypeScript does not know. */
interface Hints {
  getHighEntropyValues(
    names: readonly string[],
  ): Promise<{ fullVersionList?: readonly { brand: string; version: string }[] }>
}

/** Which browser this is. What Chromium writes into its user agent is a major version and zeros. */
export async function describeBrowser(): Promise<Machine['runtime']> {
  const { userAgent } = navigator
  const hints = (navigator as { userAgentData?: Hints }).userAgentData
  const brands = (await hints?.getHighEntropyValues(['fullVersionList']))?.fullVersionList
  const version = brands?.find(({ brand }) => brand === 'Chromium')?.version
  if (version) return { name: 'chromium', version }
  for (const [name, pattern] of [
    ['firefox', /Firefox\/([\d.]+)/],
    ['chromium', /Chrome\/([\d.]+)/],
    ['safari', /Version\/([\d.]+).*Safari/],
  ] as const) {
    const found = pattern.exec(userAgent)?.[1]
    if (found) return { name, version: found }
  }
  return { name: 'browser', version: 'unknown' }
}
