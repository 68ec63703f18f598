/**
 * What loading costs: the time, and the peak memory of a whole process that loads a checkpoint and
 * classifies an image, for the formats a ViT-B/16 comes in. Needs a build (`npm run build`): the loading
 * process runs what users run.
 *
 *     node --import tsx bench/scripts/load.ts [--model ViT-B_16] [--dtype int8] [--threads 1] [--node PATH]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { official } from '../../src/families/vit/names/official.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { vitProgram } from '../../src/families/vit/program.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { parameterCount } from '../../src/program/passes/work.ts'
import { asNpz, asSafetensors, tensorsOf } from '../../test/checkpoint/models.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'ViT-B_16' },
    dtype: { type: 'string', default: 'f32' },
    threads: { type: 'string', default: '1' },
    node: { type: 'string', default: process.execPath },
  },
})
const config = variantConfig(values.model)
const weights = parameterCount(vitProgram(config)) * 4
const directory = mkdtempSync(join(tmpdir(), 'vitrine-'))
const built = new URL('../../build/node/index.js', import.meta.url).href

const options = { dtype: values.dtype, threads: Number(values.threads) }

// In the order in which they are published: by name, folder by folder.
const tensors = tensorsOf(official, config).sort((a, b) => (a.name < b.name ? -1 : 1))
const files: Record<string, () => Uint8Array | Promise<Uint8Array>> = {
  'model.npz': () => asNpz(tensors),
  'deflated.npz': () => asNpz(tensors, true),
  'model.safetensors': () => asSafetensors(tensorsOf(timm, config)),
}
try {
  console.log(
    `${values.model}: ${megabytes(weights)} of f32 weights; ${values.dtype}, ${values.threads} threads`,
  )
  report('nothing', '')
  for (const [name, make] of Object.entries(files)) {
    const path = join(directory, name)
    writeFileSync(path, await make())
    report(name, `const vit = await load(${JSON.stringify(path)}, ${JSON.stringify(options)})`)
    rmSync(path)
  }
} finally {
  rmSync(directory, { recursive: true })
}

/**
 * Loads in a process of its own, and classifies one image. Its high-water mark is Linux's: getrusage's is
 * inherited from us.
 */
function report(name: string, loading: string): void {
  const classify = loading && "await vit.classify('examples/chelsea.png')"
  const script = `
    import { readFileSync } from 'node:fs'
    import { load } from ${JSON.stringify(built)}
    const start = performance.now()
    ${loading}
    const time = performance.now() - start
    ${classify}
    const peak = /VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
    console.log(time, peak * 1024)`
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  const output = execFileSync(values.node, ['--input-type=module', '--eval', script], { cwd })
  const [time, peak] = output.toString().split(' ').map(Number)
  const ratio = (peak! / weights).toFixed(2)
  console.log(
    `${name.padEnd(18)} ${time!.toFixed(0).padStart(6)} ms  peak ${megabytes(peak!)}, ${ratio}x the weights`,
  )
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`
}
