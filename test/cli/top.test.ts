import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseLines, run } from './run.ts'

const weights = fileURLToPath(
  new URL('../goldens/small/huggingface/classification', import.meta.url),
)

test('--top of more classes than there are shows all of them', async () => {
  const flags = ['--weights', weights, '--json', '--top', '200000', '--backend', 'reference']
  const { code, stdout, stderr } = await run(['classify', ...flags, 'examples/chelsea.png'])
  assert.is(stderr, '')
  assert.is(code, 0)
  const [{ top }] = parseLines(stdout) as [{ top: { label: string; probability: number }[] }]
  assert.equal(top.map(({ label }) => label).sort(), ['Egyptian cat', 'lynx', 'tabby'])
  const sum = top.reduce((sum, { probability }) => sum + probability, 0)
  assert.ok(Math.abs(sum - 1) < 1e-5, `${sum}`)
})

test.run()
