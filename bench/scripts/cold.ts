/**
 * What the first answer of the embedded model costs: the whole command, `load` and the first `classify`
 * in a process that has only imported the package, and the same where it has been done before. Needs a
 * build (`npm run build`). `vitrine bench --level cold` compares other engines with it, without reading
 * a checkpoint or an image.
 *
 *     node --import tsx bench/scripts/cold.ts [--dtype int8] [--threads 1] [--runs 15] [--node PATH]
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median } from '../report/statistics.ts'

const { values } = parseArgs({
  options: {
    dtype: { type: 'string', default: 'f32' },
    threads: { type: 'string' },
    runs: { type: 'string', default: '15' },
    node: { type: 'string', default: process.execPath },
  },
})
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const image = at('../../examples/chelsea.png')
const flags = ['--dtype', values.dtype, ...(values.threads ? ['--threads', values.threads] : [])]
const options = { dtype: values.dtype, ...(values.threads && { threads: Number(values.threads) }) }

/** Times the first, and the sixth when all is warm. */
const script = `
  import { load } from ${JSON.stringify(new URL('../../build/node/index.js', import.meta.url).href)}
  const times = []
  for (let i = 0; i < 6; i++) {
    const start = performance.now()
    const vit = await load(undefined, ${JSON.stringify(options)})
    await vit.classify(${JSON.stringify(image)})
    times.push(performance.now() - start)
    vit.dispose()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  console.log(JSON.stringify(times))`

const node = (...args: string[]) => execFileSync(values.node, args).toString()
const empty: number[] = []
const command: number[] = []
const first: number[] = []
const again: number[] = []
for (let run = 0; run < Number(values.runs); run++) {
  empty.push(timed(() => node('--eval', '0')))
  command.push(timed(() => node(at('../../build/node/cli.js'), 'classify', image, ...flags)))
  const times: number[] = JSON.parse(node('--input-type=module', '--eval', script))
  first.push(times[0]!)
  again.push(...times.slice(1))
}
report('a process that does nothing', empty)
report('vitrine classify, whole process', command)
report('load and classify, imported only', first)
report('load and classify, done before', again)

function timed(action: () => void): number {
  const start = performance.now()
  action()
  return performance.now() - start
}

function report(what: string, times: number[]): void {
  const [middle, least] = [median(times), Math.min(...times)].map((time) => time.toFixed(0))
  console.log(`${what.padEnd(34)} ${middle!.padStart(5)} ms median ${least!.padStart(5)} ms least`)
}
