import { readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as errors from '../../src/errors.ts'
import { configFields } from '../../src/families/vit/config.ts'
import { ViT } from '../../src/families/vit/vit.ts'
import { RECIPES } from '../../src/image/preprocess/recipes.ts'
import { recipeFields } from '../../src/image/preprocess/resolve-recipe.ts'
import { loadFields } from '../../src/load-options.ts'
import { ImageModel } from '../../src/model/image-model.ts'

const page = readFileSync(new URL('../../docs/api.md', import.meta.url), 'utf8')

/** What stands first in the rows of the tables of a section, without its subsections. */
function rowsOf(heading: string): string[] {
  const start = page.indexOf(`\n${heading}\n`)
  assert.ok(start >= 0, heading)
  const rest = page.slice(start + heading.length + 2)
  const section = rest.slice(0, /\n#+ /.exec(rest)?.index)
  return [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!)
}

test('docs/api.md has every option, field, method and error, and no other', () => {
  const sorted = (names: readonly string[]) => [...names].sort()
  const ofModel = ['Blob', 'URL', 'ReadableStream', 'config', 'backend', 'preprocess', 'labels']
  const ofLoad = rowsOf('## load')
  for (const name of Object.keys(loadFields)) assert.ok(ofLoad.includes(name), name)
  for (const name of ofLoad) {
    assert.ok(Object.hasOwn(loadFields, name) || ofModel.includes(name), name)
  }
  assert.equal(sorted(rowsOf('### config')), sorted(Object.keys(configFields)))
  assert.equal(sorted(rowsOf('### recipes')), sorted(Object.keys(recipeFields)))
  for (const name of Object.keys(RECIPES)) assert.match(page, `\`${name}\``)
  assert.equal(rowsOf('### Images'), ['orientation', 'maxPixels', 'signal'])
  for (const option of ['topK', 'normalize', 'count']) assert.match(page, `\`${option}`)
  for (const { prototype } of [ViT, ImageModel]) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      // `values` and `weights` are protected, for the families.
      if (['constructor', 'values', 'weights'].includes(name)) continue
      assert.match(page, `vit.${name}(`)
    }
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
