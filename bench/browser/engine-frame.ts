import { engineId, parseEngine } from '../engine/spec.ts'
import { locate } from '../install/packages.ts'
import { importMap } from './import-map.ts'

/** Where an engine's packages are served, with a slash at its end. */
export const packagesUrl = (engine: string) => `/packages/${encodeURIComponent(engine)}/`

/**
 * The page in which an engine runs: the packages that it may import by name, and the entry.
 * @throws ArgumentError, EngineError where there is no such engine
 */
export function engineFrame(engine: string): string {
  const id = engineId(parseEngine(engine))
  const map = JSON.stringify(importMap(locate(parseEngine(id)).packages, packagesUrl(id)))
  return `<!doctype html>
<meta charset="utf-8">
<meta name="color-scheme" content="light dark">
<title>${id}</title>
<style>body { margin: 0 8px; font: 12px/24px system-ui, sans-serif; white-space: nowrap; overflow: hidden }</style>
<body>${id}
<script type="importmap">${map.replaceAll('<', '\\u003c')}</script>
<script type="module" src="/build/page/engine.js"></script>
`
}
