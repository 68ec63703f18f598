/**
 * Writes the curve and the table of docs/cifar10.md from the logs in bench/showcase/results.
 *
 *     node --import tsx bench/showcase/page.ts
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { curve } from './curve.ts'
import { readLog } from './log.ts'
import { recipe } from './recipe.ts'
import { withResults } from './results.ts'

const root = new URL('../../', import.meta.url)
const log = (name: string) =>
  readLog(readFileSync(new URL(`bench/showcase/results/${name}.jsonl`, root), 'utf8'))

const runs = { vitrine: log('vitrine'), PyTorch: log('pytorch') }
const page = new URL('docs/cifar10.md', root)
mkdirSync(new URL('docs/figures/', root), { recursive: true })
writeFileSync(new URL('docs/figures/cifar10.svg', root), curve(runs))
writeFileSync(page, withResults(readFileSync(page, 'utf8'), runs, recipe))
