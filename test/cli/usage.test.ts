import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { configKeys } from '../../src/cli/options/values.ts'
import { run } from './run.ts'

/** Mistakes and what the message must say. */
const mistakes: readonly (readonly [args: string[], answer: RegExp])[] = [
  [['clasify', 'a.png'], /unknown command 'clasify'[\s\S]*Did you mean classify/],
  [['help', 'clasify'], /unknown command 'clasify'[\s\S]*Did you mean classify/],
  [['help', 'foo'], /unknown command 'foo'\nTry vitrine --help/],
  [['help', 'bench', 'compar'], /unknown command 'compar'[\s\S]*Did you mean compare/],
  [['bench', 'instal'], /unknown command 'instal'[\s\S]*Did you mean install/],
  [['cache', 'help', 'lss'], /unknown command 'lss'[\s\S]*Did you mean ls/],
  [['classify'], /missing required argument 'image'/],
  [['classify', 'a.png', '--tpo', '3'], /unknown option '--tpo'\n\(Did you mean --top\?\)/],
  [['classify', 'a.png', '--top', '0'], /Expected a whole number from 1/],
  [['classify', 'a.png', '--threads', '0'], /Expected a whole number from 1 to 64/],
  [['classify', 'a.png', '--config', 'haeds=3'], new RegExp(configKeys.join(', '))],
  [['classify', 'a.png', '--config', 'gelu=relu'], /gelu is one of tanh, erf, not "relu"/],
  [['classify', 'a.png', '--image-size', 'big'], /224 or as HEIGHTxWIDTH, not "big"/],
  [['classify', 'a.png', '--variant', 'ViT-X_1'], /no variant "ViT-X_1".* There are ViT-Ti_16/],
  [['classify', '-', '-'], /only once/],
  [['classify', '-', '--files-from', '-'], /only once/],
  [['classify', 'a.png', '--csv', '--json'], /'--csv' cannot be used with option '--json'/],
  [['embed', 'a.png', '-o', 'a.npz'], /ends in \.npy, \.parquet, \.jsonl: found a\.npz/],
  [['embed', 'a.png', '-o', 'a.npy', '--json'], /leave out --csv and --json/],
  [['embed', 'a.png', '--names', 'a.txt'], /--names needs -o/],
  [['embed', 'a.png', '-o', 'a.npy', '--names', './a.npy'], /the same file/],
  [['attention', 'a.png', '-o', 'a.jpg'], /writes PNG/],
  [['attention', 'a.png'], /required option '-o, --output <file>' not specified/],
]

for (const [args, answer] of mistakes) {
  test(`vitrine ${args.join(' ')}: usage, exit code 2`, async () => {
    const { code, stdout, stderr } = await run(args)
    assert.is(code, 2)
    assert.is(stdout, '')
    assert.match(stderr, /^vitrine: /)
    assert.match(stderr, answer)
  })
}

test('without a command, the help goes to stderr, with exit code 2', async () => {
  const { code, stdout, stderr } = await run([])
  assert.is(code, 2)
  assert.is(stdout, '')
  assert.match(stderr, /Usage: vitrine/)
})

test('--help has examples, --version is the package’s', async () => {
  for (const args of [['--help'], ['help'], ['help', 'convert'], ['help', 'bench', 'compare']]) {
    const { code, stdout } = await run(args)
    assert.is(code, 0)
    assert.match(stdout, /Examples:\n {2}vitrine /)
  }
  const { code, stdout } = await run(['--version'])
  assert.is(code, 0)
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
})

test.run()
