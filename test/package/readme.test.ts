import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type Installed, packageTest } from './installed.ts'
import { samplesOf } from './samples.ts'

// Runs the README's commands and first sample unchanged, in a folder with the images that they name.
const examples = new URL('../../examples/', import.meta.url)
const images = {
  'photo.jpg': 'chelsea.png',
  'cat.jpg': 'chelsea.png',
  'dog.png': 'coffee.png',
  'photos/cat.jpg': 'chelsea.png',
  'photos/cup.png': 'coffee.png',
}

function run(installed: Installed, args: readonly string[]): string {
  mkdirSync(join(installed.folder, 'photos'), { recursive: true })
  for (const [name, example] of Object.entries(images)) {
    copyFileSync(fileURLToPath(new URL(example, examples)), join(installed.folder, name))
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: installed.folder,
    encoding: 'utf8',
    env: { ...process.env, VITRINE_CACHE: join(installed.folder, 'cache') },
  })
  assert.is(status, 0, stderr)
  return stdout
}

packageTest(
  'the first sample runs on this Node as JavaScript, and prints what it says',
  (installed) => {
    const [first] = samplesOf('README.md', 'ts')
    const said = first!.code.match(
      /^\/\/ \[ \{ index: (\d+), label: '(.+)', probability: (0\.\d+) \}/m,
    )
    assert.ok(said)
    writeFileSync(join(installed.folder, 'first.mjs'), first!.code)
    const stdout = run(installed, ['first.mjs'])
    const found = stdout.match(/index: (\d+),\s+label: '(.+)',\s+probability: (0\.\d+)/)!
    assert.equal([found[1], found[2]], [said[1], said[2]])
    assert.is(Number(found[3]).toFixed(2), said[3])
  },
)

const commands = samplesOf('README.md', 'sh')
  .flatMap(({ code }) => code.trim().split('\n'))
  .map((line) => line.replace(/\s+#.*$/, ''))

test('every command of the README is one that is tested here', () => {
  const others = commands.filter((line) => !line.startsWith('npx vitrine '))
  assert.equal(others, ['npm install vitrine'])
  assert.ok(commands.length > 3)
})

for (const line of commands.filter((line) => line.startsWith('npx vitrine '))) {
  packageTest(`README: ${line}`, (installed) => {
    const { bin } = JSON.parse(readFileSync(join(installed.package, 'package.json'), 'utf8'))
    const args = line.split(' ').slice(2)
    const stdout = run(installed, [join(installed.package, bin.vitrine), ...args])
    const output = args.indexOf('-o')
    const written = output < 0 ? undefined : readFileSync(join(installed.folder, args[output + 1]!))
    assert.ok((written ?? stdout).length > 0)
    if (args[0] === 'classify') assert.match(stdout, 'Egyptian cat')
  })
}

test.run()
