/**
 * Compiles test files (see compile.mjs) and runs them, each in a process of its own, as many at once as there are cores,
 * and one with pages beside them.
 *
 *     node test/run.mjs [--also NODE]... [pattern]
 *
 * `pattern` is a regular expression for the files' paths below test/. With `--also`, the oldest first, files that
 * depend on the engine run in that Node too. Files that say `// Runs alone:` and why have the machine to themselves. The last
 * line counts all tests; those of a file that ends without a count are one that failed.
 */
import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compile } from './compile.mjs'

/** What depends on the engine: kernels, threads, and the built package in its runtime. */
const engineFiles =
  /^(assembly|backends)\/(?!webgpu|tfjs|wasm\/remote\/browser\.|gelu-fit\.|wasm\/memory\/(arenas|memory)\.|wasm\/threads\/patience\.)|^cli\/commands\/doctor\.|^model\/image-model\.|^runtimes\/(runtimes|node)\./

/** Kernels are tested in the oldest and the newest engine; of those between, what people call. */
const extremesOnly = /^(assembly|backends)\//

/** What takes long and needs no engine of its own is tested in the newest one only, if there are several. */
const newestOnly =
  /^backends\/(ops|wasm\/(integers|threads\/(leaks|schedules|shares)|training\/ops))\./

/** Pages wait more than they compute, so they are tested beside the others, one at a time. */
const inBrowsers = /browser|playground|^runtimes\/(?!node|runtimes|deno)/

/** What takes longest is begun first, so that nothing long is left at the end. */
const longFiles = [
  /^runtimes\/next\./,
  /browser/,
  /^backends\/webgpu\//,
  /^backends\//,
  /^goldens\//,
  /^cli\//,
  /^bench\//,
]

/** A file that takes longer hangs, in seconds. */
const LIMIT = 600

// `npm test` has built before; see cli/run.ts.
if (process.env.npm_lifecycle_event === 'test') process.env.VITRINE_BUILT = '1'

const folder = fileURLToPath(new URL('./', import.meta.url))
const root = fileURLToPath(new URL('../', import.meta.url))
const { values, positionals } = parseArgs({
  options: { also: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
})
const pattern = new RegExp(positionals[0] ?? '')

const files = readdirSync(folder, { recursive: true })
  .map((file) => file.replaceAll(sep, '/'))
  .filter((file) => file.endsWith('.test.ts') && pattern.test(file))
  .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))

const jobs = [
  ...files
    .filter((file) => values.also.length === 0 || !newestOnly.test(file))
    .map((file) => ({ file, node: process.execPath, name: file })),
  ...values.also.flatMap((node) =>
    files
      .filter((file) => engineFiles.test(file))
      .filter((file) => !extremesOnly.test(file) || node === values.also.at(-1))
      .map((file) => ({ file, node, name: `${file} on ${versionOf(node)}` })),
  ),
]
const isAlone = ({ file }) => /^\/\/ Runs alone:/m.test(readFileSync(folder + file, 'utf8'))
const alone = jobs.filter(isAlone)
const pages = jobs.filter((job) => !alone.includes(job) && inBrowsers.test(job.file))
const together = jobs.filter((job) => !alone.includes(job) && !pages.includes(job))

const sum = { passed: 0, failed: 0, skipped: 0 }
const times = []
const failures = []
const running = new Set()
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const child of running) child.kill(signal)
    process.exit(1)
  })
}

const compiled = await compile(files)
const lanes = Array.from({ length: availableParallelism() }, async () => {
  await work(together)
  await work(pages)
})
await Promise.all([work(pages), ...lanes])
await work(alone)

console.log('\nThe slowest files, in seconds:')
for (const [seconds, name] of times.sort(([a], [b]) => b - a).slice(0, 12)) {
  console.log(`${seconds.toFixed(1).padStart(7)}  ${name}`)
}
for (const name of failures) console.log(`failed: ${name}`)
if (jobs.length === 0) console.log(`no test file is like ${pattern}`)
console.log(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`)
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0

async function work(queue) {
  for (let job = queue.shift(); job; job = queue.shift()) await run(job)
}

async function run({ file, node, name }) {
  const start = performance.now()
  // Deno and Bun are the same from whatever Node they are started.
  const others = node === process.execPath ? {} : { VITRINE_DENO: '', VITRINE_BUN: '' }
  const env = { ...process.env, ...others }
  const { output, end } = await outputOf(node, ['--enable-source-maps', compiled(file)], env)
  const seconds = (performance.now() - start) / 1000
  times.push([seconds, name])
  const count = (key) => Number(new RegExp(`^ *${key}: +(\\d+)`, 'm').exec(plain(output))?.[1])
  const [total, passed, skipped] = ['Total', 'Passed', 'Skipped'].map(count)
  const isCounted = [total, passed, skipped].every(Number.isSafeInteger)
  // See skip.ts.
  const late = output.split('skipped while it ran: ').length - 1
  sum.passed += isCounted ? passed - late : 0
  sum.skipped += isCounted ? skipped + late : 0
  const failed = isCounted ? total - passed : 0
  // A file of which everything passed and that ends badly has failed all the same.
  const failedAlso = failed === 0 && end !== 'code 0' ? 1 : failed
  sum.failed += failedAlso
  if (failedAlso > 0) failures.push(`${name} (${end})`)
  const said = failedAlso > 0 ? output : linesOf(output)
  console.log(
    `${failedAlso > 0 ? '✘' : '•'} ${name} (${passed} / ${total}, ${seconds.toFixed(1)} s)`,
  )
  if (said) console.log(said.replace(/^(?=.)/gm, '    ').trimEnd())
}

/** What a file printed beside uvu's marks and counts: why tests are skipped. */
function linesOf(output) {
  return plain(output)
    .replace(/^([•✘] )+ *(\(.*\))?/gm, '')
    .split('\n')
    .filter(
      (line) =>
        line.trim() && !/^ *(Total|Passed|Skipped|Duration): |^ *\(\d+ \/ \d+\)$/.test(line),
    )
    .join('\n')
}

function plain(text) {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours
  return text.replace(/\x1b\[[0-9;]*m/g, '')
}

function outputOf(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    let output = ''
    const take = (text) => {
      output += text
    }
    child.stdout.setEncoding('utf8').on('data', take)
    child.stderr.setEncoding('utf8').on('data', take)
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT * 1000)
    const done = (end) => {
      clearTimeout(timer)
      running.delete(child)
      resolve({ output, end })
    }
    child.once('error', (error) => done(error.message))
    child.once('close', (code, signal) => done(signal ? `ended by ${signal}` : `code ${code}`))
    // What it has left behind may hold its output open.
    child.once('exit', () => {
      setTimeout(() => {
        child.stdout.destroy()
        child.stderr.destroy()
      }, 5000).unref()
    })
  })
}

function rank(file) {
  const at = longFiles.findIndex((one) => one.test(file))
  return at < 0 ? longFiles.length : at
}

function versionOf(node) {
  const { stdout, error } = spawnSync(node, ['--version'], { encoding: 'utf8' })
  if (error) throw error
  return `Node ${stdout.trim()}`
}
