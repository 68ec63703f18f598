import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { run } from '../run.ts'

const image = 'examples/chelsea.png'

test('unknown names and missing files are errors', async () => {
  const wrong = await run(['classify', image, '--weights', 'B_61'])
  assert.is(wrong.code, 1)
  assert.match(
    wrong.stderr,
    /There is no file B_61, and no published checkpoint of that name.*SOURCE/,
  )
  assert.match(
    (await run(['inspect', 'B16'])).stderr,
    /no published checkpoint of that name; did you mean B_16\?/,
  )
  assert.match((await run(['inspect', 'me/flowers'])).stderr, /did you mean hf:me\/flowers\?/)
  assert.match((await run(['inspect', 'missing.npz'])).stderr, /no file missing\.npz/)
})

test.run()
