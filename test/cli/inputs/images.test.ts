import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseLines, run, temporaryFolder } from '../run.ts'
import { writeTiny } from '../tiny-model.ts'

const folder = temporaryFolder()
const weights = join(folder, 'tiny.safetensors')
const photos = join(folder, 'photos')
const chelsea = 'examples/chelsea.png'
const exact = ['--weights', weights, '--backend', 'reference']

const inPhotos = (...names: string[]) => names.map((name) => join(photos, name))

test.before(async () => {
  await writeTiny(weights)
  for (const sub of ['sub/deep', '.hidden', 'empty']) {
    mkdirSync(join(photos, sub), { recursive: true })
  }
  const images = ['img10.png', 'img2.PNG', 'a[1].png', 'nameless', 'sub/s.png', 'sub/deep/d.png']
  for (const name of [...images, '.hidden/h.png', '.dot.png']) {
    copyFileSync(chelsea, join(photos, name))
  }
  writeFileSync(join(photos, 'notes.txt'), 'no image\n')
  writeFileSync(join(photos, 'README'), 'no image, and no ending\n')
  symlinkSync('.', join(photos, 'loop'))
})

/** Runs classify; `names` are the images of its results, in order. */
async function images(args: readonly string[], input?: string) {
  const bytes = input === undefined ? {} : { input: Buffer.from(input) }
  const result = await run(['classify', '--weights', weights, '--json', ...args], bytes)
  const names = parseLines(result.stdout).map(({ image }) => image as string)
  return { ...result, names }
}

test('a folder gives its images in natural order; other entries are counted on stderr', async () => {
  const { code, names, stderr } = await images([photos])
  assert.is(code, 0)
  assert.equal(names, inPhotos('a[1].png', 'img2.PNG', 'img10.png', 'nameless'))
  assert.is(
    stderr,
    `${photos}: 4 images; left out 2 other files (.txt) and 2 subfolders (-r includes them)\n`,
  )
})

test('-r includes subfolders in their place, and follows no links to folders', async () => {
  const { code, names } = await images(['-r', `${photos}/`])
  assert.is(code, 0)
  const rest = ['sub/deep/d.png', 'sub/s.png']
  assert.equal(names, inPhotos('a[1].png', 'img2.PNG', 'img10.png', 'nameless', ...rest))
})

test('patterns are expanded; an existing file with brackets in its name wins', async () => {
  const all = await images([join(photos, '**/*.png')])
  assert.equal(all.names, inPhotos('a[1].png', 'img10.png', 'sub/deep/d.png', 'sub/s.png'))
  const one = await images([join(photos, 'a[1].png'), join(photos, '*/{s,t}.p?g')])
  assert.is(one.code, 0)
  assert.equal(one.names, inPhotos('a[1].png', 'sub/s.png'))
})

test('an argument without images fails by name, and the others continue', async () => {
  const nothing = inPhotos('empty', '*.txt', 'x*.png', 'lone[bracket.png')
  const { code, names, stdout, stderr } = await images([...nothing, chelsea])
  assert.is(code, 1)
  assert.equal(names, [...nothing, chelsea])
  const errors = parseLines(stdout).slice(0, 4)
  assert.ok(errors.every(({ error }) => error.code === 'SOURCE'))
  assert.is(stderr.trimEnd().split('\n').length, 4)
  assert.match(stderr, /\*\.txt: no JPEG, PNG or WebP image there, but 1 other file \(\.txt\)/)
})

test('an error names its image, also the standard input', async () => {
  const { code, stderr } = await run(['classify', '--weights', weights, '-'], {
    input: Buffer.from('a text'),
  })
  assert.is(code, 1)
  assert.match(stderr, /^vitrine: the standard input: This is not an image/)
})

test('--files-from reads a list, separated by line feeds or by zero bytes', async () => {
  const [first, second] = inPhotos('img2.PNG', 'img10.png') as [string, string]
  const list = join(folder, 'list.txt')
  writeFileSync(list, `${first}\r\n\n${second}`)
  assert.equal((await images([chelsea, '--files-from', list])).names, [chelsea, first, second])
  assert.equal((await images(['--files-from', '-'], `${first}\n${second}\n`)).names, [
    first,
    second,
  ])
  const named = join(photos, 'line\nfeed.png')
  copyFileSync(chelsea, named)
  const zeros = await images(['--files-from', '-'], `${named}\0${first}\0`)
  assert.equal(zeros.names, [named, first])
  const none = await run(['embed', ...exact, '--files-from', join(folder, 'none.txt')])
  assert.is(none.code, 1)
  assert.match(none.stderr, /^vitrine: Can't read the list of images: .*none\.txt.*\(SOURCE\)\n$/)
})

test.run()
