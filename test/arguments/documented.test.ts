import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as errors from '../../src/errors.ts'
import { RECIPES } from '../../src/image/preprocess/recipes.ts'
import { loadFields } from '../../src/load-options.ts'
import { ImageModel } from '../../src/model/image-model.ts'

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')

/** A section without its subsections. */
function sectionOf(heading: string): string {
  const start = page.indexOf(`\n${heading}\n`)
  assert.ok(start >= 0, heading)
  const rest = page.slice(start + heading.length + 2)
  return rest.slice(0, /\n#+ /.exec(rest)?.index)
}

/** What stands first in the rows of its tables. */
const rowsOf = (heading: string): string[] =>
  [...sectionOf(heading).matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!)

// Types, defaults and ranges are in the docstrings, which test/docs/docstrings.test.ts asks for.
test('docs/api.md names every option, recipe, method and error, and no other', () => {
  const sorted = (names: readonly string[]) => [...names].sort()
  const namesIn = (text: string) => [...text.matchAll(/`([\w-]+)`/g)].map(([, name]) => name!)
  const options = /^\| for .*\n([\s\S]*?)\n\n/m.exec(sectionOf('## load'))![1]!
  assert.equal(sorted(namesIn(options)), sorted(Object.keys(loadFields)))
  const recipes = /^\| recipe .*\n([\s\S]*?)\n\n/m.exec(sectionOf('### recipes'))![1]!
  assert.equal(sorted(namesIn(recipes)), sorted(Object.keys(RECIPES)))
  assert.equal(rowsOf('### Images'), ['orientation', 'maxPixels', 'decoder', 'signal'])
  for (const option of ['topK', 'normalize', 'count']) assert.match(page, `\`${option}`)
  for (const name of Object.getOwnPropertyNames(ImageModel.prototype)) {
    if (name !== 'constructor') assert.match(page, `vit.${name}(`)
  }
  const classes = Object.entries(errors).filter(([, value]) => value.prototype instanceof Error)
  const named = classes.map(([name]) => name).filter((name) => name !== 'VitrineError')
  assert.equal(sorted(rowsOf('## Errors')), sorted(named))
})

test('the codes of the errors are those of the page', () => {
  const made = [
    new errors.ArgumentError(''),
    new errors.SourceError(''),
    new errors.FormatError(''),
    new errors.UnsupportedError(''),
    new errors.CheckpointError(''),
    new errors.NumericError(''),
    new errors.LimitError(''),
    new errors.MemoryError(''),
    new errors.WorkerError(''),
    new errors.GpuError(''),
    new errors.DisposedError(''),
  ]
  for (const { name, code } of made) assert.match(page, new RegExp(`\`${name}\` +\\| \`${code}\``))
})

test.run()
