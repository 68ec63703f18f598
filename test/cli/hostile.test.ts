import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { writeSafetensors } from '../../src/checkpoint/write/safetensors.ts'
import { plausibleReport } from '../bench/report.ts'
import { command, run, temporaryFolder } from './run.ts'
import { tiny, writeTiny } from './tiny-model.ts'

// Untrusted names, labels and messages may contain control characters. None may reach a terminal.

/** Sets the title, clears the screen, hides text, returns the carriage, reverses text, fakes a line. */
const evil =
  '\u001b]0;owned\u0007\u001b[2J\u001b[8m\u009b31m\r\u202ename\nvitrine: all is well\n\nvitrine: all is well'
/** The same without slashes, for file names. */
const evilName = evil.replaceAll('/', '')

const folder = temporaryFolder()
const evilFolder = join(folder, evilName)
const weights = join(folder, 'tiny.safetensors')
const evilWeights = join(folder, `${evilName}.safetensors`)
const image = join(evilFolder, `${evilName}.png`)
const labels = join(folder, 'labels.json')
const report = join(folder, 'report.json')

test.before(async () => {
  mkdirSync(evilFolder)
  copyFileSync(new URL('../../examples/chelsea.png', import.meta.url), image)
  writeFileSync(join(evilFolder, `notes.${evilName}`), '')
  await writeTiny(weights)
  await writeEvilTensors(evilWeights)
  writeFileSync(labels, JSON.stringify(Array.from({ length: tiny.classes }, () => evil)))
  writeFileSync(report, JSON.stringify(evilReport()))
})

async function writeEvilTensors(path: string): Promise<void> {
  const tensor = { name: evil, dtype: 'f32' as const, shape: [4], data: () => new Uint8Array(16) }
  const chunks: Uint8Array[] = []
  const metadata = { vitrine: evil, [evil]: evil }
  for await (const chunk of writeSafetensors([tensor], metadata)) chunks.push(chunk)
  writeFileSync(path, Buffer.concat(chunks))
}

function evilReport() {
  const plain = plausibleReport()
  return {
    ...plain,
    machine: { ...plain.machine, cpu: evil },
    cases: plain.cases.map((one) => ({
      ...one,
      bench: { ...one.bench, name: evil },
      outcomes: one.outcomes.map((outcome) => ({ ...outcome, title: evil, version: evil })),
    })),
  }
}

/** Commands with hostile arguments or input. */
const commands: Readonly<Record<string, readonly string[]>> = {
  classify: ['classify', '--weights', weights, '--labels', labels, evilFolder],
  'classify without matches': ['classify', '--weights', weights, `${evil}.jpg`, `${evil}*.jpg`],
  'classify with a mistake': ['classify', evil, '--variant', evil],
  'an unknown option': ['classify', `--${evil}`],
  embed: ['embed', '--weights', weights, evilFolder, evil],
  'embed to a file': [
    ...['embed', '--weights', weights, '-o', join(evilFolder, 'x.npy'), evilFolder],
  ],
  attention: ['attention', '--weights', weights, image, '-o', join(evilFolder, 'map.png')],
  inspect: ['inspect', evilWeights],
  'inspect --all': ['inspect', '--all', evilWeights],
  'convert of a file that is no model': [
    'convert',
    evilWeights,
    '-o',
    join(folder, 'x.safetensors'),
  ],
  convert: ['convert', weights, '-o', join(evilFolder, 'x.safetensors')],
  'convert to a mistake': ['convert', weights, '-o', evil],
  models: ['models', evil],
  'cache rm': ['cache', 'rm', evil],
  bench: ['bench', '--backends', evil],
  'bench compare': ['bench', 'compare', report, report],
  'bench compare of nothing': ['bench', 'compare', evil, report],
  help: ['help', evil],
  'an unknown command': [evil],
}

/** Every control character except line feeds. */
const CONTROLS = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

const env = { VITRINE_CACHE: join(folder, 'cache') }

for (const [name, args] of Object.entries(commands)) {
  test(`${name}: control characters are escaped`, async () => {
    const { stdout, stderr } = await run(args, { env })
    assert.ok(stdout + stderr !== '')
    assert.not.match(stdout, CONTROLS)
    assert.not.match(stderr, CONTROLS)
    assert.not.match(stdout + stderr, /^vitrine: all is well/m, 'no faked line')
    assert.not.match(stderr, /^ +at /m, 'no stack trace')
  })
}

test('JSON keeps the value, CSV the bytes', async () => {
  const flags = ['--weights', weights, '--labels', labels, '--top', '1']
  const json = await run(['classify', ...flags, '--json', image])
  assert.not.match(json.stdout, CONTROLS)
  const { image: named, top } = JSON.parse(json.stdout)
  assert.is(named, image)
  assert.is(top[0].label, evil)
  const csv = await run(['classify', ...flags, '--csv', image])
  assert.ok(csv.stdout.includes(`"${image}",1,`))
  assert.ok(csv.stdout.includes(`,"${evil}",`))
})

const hasScript = spawnSync('script', ['--version']).status === 0
if (!hasScript) console.log('skipping terminals: there is no util-linux script')
const terminalTest = hasScript ? test : test.skip

/** The output of a process on a pseudo-terminal. */
function onTerminal(args: readonly string[]): string {
  const quoted = [process.execPath, ...command, ...args].map(
    (word) => `'${word.replaceAll("'", "'\\''")}'`,
  )
  const { stdout } = spawnSync('script', ['-qec', quoted.join(' '), '/dev/null'], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    env: { ...process.env, ...env, TERM: 'xterm', NO_COLOR: '', SHELL: '/bin/sh' },
  })
  return stdout.toString()
}

for (const name of ['classify', 'inspect', 'bench compare', 'an unknown command', 'embed']) {
  terminalTest(`${name}, on a terminal: our colours, and no other sequences`, () => {
    const text = onTerminal(commands[name]!)
    assert.match(text, /\\x1b\]0;owned/)
    assert.match(text, new RegExp(`${ESCAPE}\\[(1|2|31|36)m`), 'it has colours')
    assert.not.match(text, new RegExp(`${ESCAPE}(\\]|\\[(2J|8m))|[\\u0007\\u0080-\\u009f\\u202e]`))
  })
}

terminalTest('CSV and JSON, on a terminal', () => {
  for (const format of ['--csv', '--json']) {
    const flags = ['--weights', weights, '--labels', labels, '--top', '1', format]
    const text = onTerminal(['classify', ...flags, image])
    assert.match(text, /owned/)
    assert.not.match(text, new RegExp(`${ESCAPE}\\]|[\\u0007\\u0080-\\u009f\\u202e]`))
  }
})

const ESCAPE = '\u001b'

test.run()
