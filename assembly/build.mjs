/**
 * Compiles the kernels: every instruction set and panel width, single-threaded and threaded, from one
 * source. The generated micro-kernels and the text form of each module stay in build/assembly for reading.
 * Does nothing if no source has changed.
 */
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { builds, generate } from './gemm/template.mjs'

const source = dirname(fileURLToPath(import.meta.url))
const root = dirname(source)
const staging = join(root, 'build', 'assembly')
const kernels = join(root, 'build', 'kernels')
/** Wasm pages of 64 KiB: the range of 32-bit addresses. */
const maximumPages = 65536
const limits = { each: 64 * 1024, all: 352 * 1024, training: 256 * 1024 }
/** The builds that training has too: those that models in f32 choose. */
const training = ['simd8', 'relaxed8', 'relaxed16']

const files = readdirSync(source, { recursive: true })
  .filter((file) => /\.(ts|mjs)$/.test(file))
  .sort()
const hash = createHash('sha256')
for (const file of files) hash.update(file).update(readFileSync(join(source, file)))
const version = hash
  .update(readFileSync(join(root, 'node_modules', 'assemblyscript', 'package.json')))
  .digest('hex')
const stamp = join(kernels, 'sources.sha256')
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === version) process.exit()

const { default: asc } = await import('assemblyscript/asc')
rmSync(staging, { recursive: true, force: true })
rmSync(kernels, { recursive: true, force: true })
mkdirSync(kernels, { recursive: true })
let total = 0
let trainingTotal = 0
for (const [name, build] of Object.entries(builds)) {
  const folder = join(staging, name)
  cpSync(source, folder, {
    recursive: true,
    filter: (file) => statSync(file).isDirectory() || file.endsWith('.ts'),
  })
  for (const [file, text] of Object.entries(generate(build))) {
    writeFileSync(join(folder, file), text)
  }
  for (const threads of [false, true]) {
    total += await compile(name, name, 'index.ts', build.f32, threads)
    if (!training.includes(name)) continue
    const entry = join('training', 'index.ts')
    trainingTotal += await compile(`train-${name}`, name, entry, build.f32, threads)
  }
}
await assemble(join('assembly', 'probe.ts'), 'probe', [], true, false)
if (total > limits.all)
  throw new Error(`The kernels take ${total} bytes in total; the limit is ${limits.all}.`)
if (trainingTotal > limits.training) {
  const limit = `the limit is ${limits.training}`
  throw new Error(`The kernels for training take ${trainingTotal} bytes in total; ${limit}.`)
}
writeFileSync(stamp, version)

/**
 * Builds with narrow panels are what pages download. Optimised for size they take a tenth less and are as fast. V8 would
 * no longer fuse those with wide panels to 256 bits; `-O3` unrolls k, keeps both steps alive and spills registers.
 */
function optimisation({ columns }) {
  return columns === 8 ? '-Oz' : '-O2'
}

async function compile(name, folder, entry, f32, threads) {
  const file = threads ? `${name}-threads` : name
  await assemble(
    join('build', 'assembly', folder, entry),
    file,
    ['--importMemory', '--initialMemory', '1', '--maximumMemory', String(maximumPages)],
    f32.isa === 'relaxed',
    threads,
    optimisation(f32),
  )
  const { size } = statSync(join(kernels, `${file}.wasm`))
  if (size > limits.each)
    throw new Error(`${file}.wasm takes ${size} bytes; the limit is ${limits.each}.`)
  return size
}

async function assemble(entry, file, memory, relaxed, threads, level = '-O2') {
  const features = ['simd', ...(relaxed ? ['relaxed-simd'] : []), ...(threads ? ['threads'] : [])]
  const { error, stderr } = await asc.main([
    entry,
    '--baseDir',
    root,
    '--outFile',
    join('build', 'kernels', `${file}.wasm`),
    '--textFile',
    join('build', 'assembly', `${file}.wat`),
    level,
    '--noAssert',
    '--runtime',
    'stub',
    ...memory,
    ...(threads ? ['--sharedMemory'] : []),
    '--enable',
    features.join(','),
  ])
  if (error || stderr.length > 0)
    throw new Error(`${file}: ${error?.message ?? 'warnings'}\n${stderr}`)
}
