import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ownMetadata } from '../../src/checkpoint/plan/metadata.ts'
import type { Kind } from '../../src/checkpoint/plan/publisher.ts'
import { recognise } from '../../src/checkpoint/plan/recognise.ts'
import { openCheckpoint } from '../../src/checkpoint/read/open.ts'
import { CheckpointError, FormatError, UnsupportedError } from '../../src/errors.ts'
import {
  architectureOf,
  architectures,
  configFields,
  programOf,
} from '../../src/families/architectures.ts'
import { mergedFields } from '../../src/families/config-fields.ts'
import { planCheckpoint } from '../../src/families/plan.ts'
import { publishedVariants, variantConfigOf } from '../../src/families/published.ts'
import { allFamilies, familyOf } from '../../src/families/registry.ts'
import { familyNames } from '../../src/families/runnables.ts'
import { timm } from '../../src/families/vit/names/timm.ts'
import { type Field, flag, oneOf, whole } from '../../src/fields.ts'
import { load } from '../../src/load.ts'
import { rejects } from '../checkpoint/collect.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../checkpoint/models.ts'

const tensors = tensorsOf(timm, smallConfig)

const families = await allFamilies()

test('the lists have the same families, and all their variants', async () => {
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name)
  assert.equal(names(families), names(architectures))
  assert.equal(familyNames, names(architectures))
  assert.is(new Set(names(families)).size, families.length)
  assert.equal(
    publishedVariants,
    families.flatMap(({ variants }) => variants),
  )
  for (const { name } of publishedVariants) {
    const config = variantConfigOf(name)
    assert.is(architectureOf(config).name, config.family)
    assert.is(programOf(config).outputs.logits === undefined, config.classes === 0)
  }
})

test('every family says what its fields are, and its tools know its own variants', async () => {
  for (const family of families) {
    for (const key of Object.keys(family.fields)) assert.ok(Object.hasOwn(configFields, key), key)
    const { variantOf, facts, columns, targets } = await family.tools()
    for (const { name } of family.variants) {
      const config = family.variantConfig(name)
      assert.is(variantOf(config), name)
      assert.ok(facts(config).length > 0)
      for (const { value } of columns) assert.ok(value(config) !== '')
      assert.ok(targets(config, 'own').length > 0)
      assert.ok(targets(config, 'official').length > 0)
    }
  }
})

test('a file of a family that is not known is refused by its name', async () => {
  const metadata = (family: unknown) =>
    ownMetadata({ config: { ...smallConfig, family } as never, recipe: 'timm' })
  await rejects(
    load(await asSafetensors(tensors, metadata('resnet'))),
    UnsupportedError,
    /no family "resnet" here, only vit/,
  )
  await rejects(
    load(await asSafetensors(tensors, metadata(7))),
    FormatError,
    /vitrine\.config family/,
  )
  await rejects(familyOf({ family: 'resnet' }), UnsupportedError, /no family "resnet"/)
})

test('another family than the file has can not be asked for', async () => {
  const file = await openCheckpoint(await asSafetensors(tensors))
  const config = { heads: 2, family: 'mixer' } as never
  await rejects(planCheckpoint(file, config), CheckpointError, /family vit.*family mixer/)
})

test('a field of several families takes what any of them takes', () => {
  const { size, mode } = mergedFields([
    { size: whole(1), mode: oneOf('a', 'b') },
    { size: flag, mode: oneOf('c') },
  ] as never) as unknown as Record<string, Field>
  assert.ok([1, true].every((value) => size!.valid(value)))
  assert.not(size!.valid('1'))
  assert.is(size!.wanted, 'a whole number from 1, or true or false')
  assert.equal(mode!.names, ['a', 'b', 'c'])
})

test('of two kinds with the same names the one counts whose relative the file is not', async () => {
  const vit: Kind = families[0]!
  const scaled: Kind = { ...vit, relatives: { inside: [], around: [] } }
  const scale = {
    name: 'blocks.0.ls1.gamma',
    dtype: 'f32',
    shape: [8],
    values: new Float32Array(8),
  }
  const plain = await openCheckpoint(await asSafetensors(tensors))
  const other = await openCheckpoint(await asSafetensors([...tensors, scale as never]))
  assert.is(recognise(plain, [vit, scaled]).kind, vit)
  assert.is(recognise(other, [vit, scaled]).kind, scaled)
  // Of two whose relative it is the last one says so, which knows more kinds.
  const named: Kind = { ...vit, relatives: { inside: [[/ls1/, 'a scaled ViT']], around: [] } }
  assert.throws(() => recognise(other, [vit, named]), /is a scaled ViT/)
  assert.throws(
    () => recognise(other, [vit]),
    /LayerScale.*ls1\.gamma\. Models of that kind are not run/,
  )
})

test.run()
