/**
 * What the hub costs, on loopback: throughput beside curl's; time and peak memory of a process whose
 * first load downloads, beside one that loads from the disk, at several rates of the line. Needs a
 * build (`npm run build`), and curl.
 *
 *     node --import tsx bench/scripts/hub.ts [--model ViT-B_16] [--node PATH]
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { official } from '../../src/families/vit/names/official.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { vitProgram } from '../../src/families/vit/program.ts'
import { variantConfig } from '../../src/families/vit/variants.ts'
import { parameterCount } from '../../src/program/passes/work.ts'
import { asNpz, asSafetensors, tensorsOf } from '../../test/checkpoint/models.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'ViT-B_16' },
    node: { type: 'string', default: process.execPath },
    rounds: { type: 'string', default: '5' },
  },
})
const run = promisify(execFile)
const config = variantConfig(values.model)
const weights = parameterCount(vitProgram(config)) * 4
const folder = mkdtempSync(join(tmpdir(), 'vitrine-'))
const built = (name: string) => new URL(`../../build/node/${name}.js`, import.meta.url).href

/** A server of its own process, which sends as fast as it can or at a rate in bytes per second. */
const serverScript = `
import { createReadStream, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
const [folder] = process.argv.slice(1)
createServer((request, response) => {
  const url = new URL(request.url, 'http://x')
  const path = join(folder, url.pathname)
  const rate = Number(url.searchParams.get('rate'))
  const { size } = statSync(path)
  const [, from = 0, to] = /^bytes=(\\d+)-(\\d*)$/.exec(request.headers.range ?? '') ?? []
  const start = Number(from)
  const end = to ? Math.min(Number(to), size - 1) : size - 1
  response.writeHead(request.headers.range ? 206 : 200, {
    etag: '"one"', 'content-length': end - start + 1,
    ...(request.headers.range && { 'content-range': \`bytes \${start}-\${end}/\${size}\` }),
  })
  const stream = createReadStream(path, { start, end, highWaterMark: 1 << 18 })
  if (!rate || request.headers.range) return stream.pipe(response)
  const begin = performance.now()
  let sent = 0
  stream.on('data', (chunk) => {
    sent += chunk.length
    response.write(chunk)
    stream.pause()
    setTimeout(() => stream.resume(), Math.max(0, begin + (sent / rate) * 1000 - performance.now()))
  }).on('end', () => response.end())
}).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`
const server = spawn(values.node, ['--input-type=module', '--eval', serverScript, folder], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
const [port] = (await once(server.stdout!, 'data')) as [Buffer]
const base = `http://127.0.0.1:${String(port).trim()}`

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length >> 1]!
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`

/** Runs a script in a process of its own with an empty cache; returns its time and peak. */
async function measure(script: string, cache = join(folder, 'cache')) {
  const text = `
    import { readFileSync } from 'node:fs'
    import { load } from ${JSON.stringify(built('index'))}
    const start = performance.now()
    ${script}
    const time = performance.now() - start
    const peak = /VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
    console.log(time, peak * 1024)`
  const env = { ...process.env, VITRINE_CACHE: cache }
  const { stdout } = await run(values.node, ['--input-type=module', '--eval', text], { env })
  const [time, peak] = stdout.split(' ').map(Number) as [number, number]
  return { time, peak }
}

const emptyCache = () => rmSync(join(folder, 'cache'), { recursive: true, force: true })

try {
  writeFileSync(join(folder, 'model.npz'), asNpz(tensorsOf(official, config)))
  writeFileSync(join(folder, 'model.safetensors'), await asSafetensors(tensorsOf(timm, config)))
  console.log(`${values.model}: ${megabytes(weights)} of f32 weights`)
  const { size } = statSync(join(folder, 'model.npz'))
  const curls: number[] = []
  const ours: number[] = []
  for (let round = 0; round < Number(values.rounds); round++) {
    const start = performance.now()
    await run('curl', ['-s', '-o', join(folder, 'curl.out'), `${base}/model.npz`])
    curls.push(size / (performance.now() - start) / 1e3)
    emptyCache()
    const cli = new URL('../../build/node/cli.js', import.meta.url).pathname
    const env = { ...process.env, VITRINE_CACHE: join(folder, 'cache') }
    const begin = performance.now()
    await run(values.node, [cli, 'cache', 'add', `${base}/model.npz`], { env })
    ours.push(size / (performance.now() - begin) / 1e3)
  }
  if (existsSync(join(folder, 'curl.out'))) rmSync(join(folder, 'curl.out'))
  const [curl, own] = [median(curls), median(ours)]
  console.log(`curl to disk           ${curl.toFixed(0).padStart(6)} MB/s`)
  const share = ((100 * own) / curl).toFixed(0)
  console.log(
    `vitrine cache add      ${own.toFixed(0).padStart(6)} MB/s, ${share} % of it, with its start`,
  )
  for (const name of ['model.npz', 'model.safetensors']) {
    const path = JSON.stringify(join(folder, name))
    const print = (what: string, { time, peak }: { time: number; peak: number }) =>
      console.log(
        `${name.padEnd(18)} ${what.padEnd(22)} ${time.toFixed(0).padStart(6)} ms  peak ${megabytes(peak)}, ${(peak / weights).toFixed(2)}x the weights`,
      )
    print('from the disk', await measure(`await load(${path})`))
    for (const rate of [0, 200e6, 50e6]) {
      emptyCache()
      const url = JSON.stringify(`${base}/${name}${rate ? `?rate=${rate}` : ''}`)
      const at = rate
        ? `at ${rate / 1e6} MB/s (${((size / rate) * 1000).toFixed(0)} ms)`
        : 'at once'
      print(at, await measure(`await load(${url})`))
    }
    print(
      'from the cache',
      await measure(`await load(${JSON.stringify(`${base}/${name}?rate=50000000`)})`),
    )
  }
} finally {
  server.kill()
  rmSync(folder, { recursive: true })
}
