import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { dualFamilies } from '../../../src/families/dual/members.ts'
import { huggingface } from '../../../src/families/vit/names/huggingface.ts'
import { repositories } from '../../../src/hub/catalog/repositories.ts'
import { load } from '../../../src/index.ts'
import { asSafetensors, smallConfig, tensorsOf } from '../../checkpoint/models.ts'
import { type Setting, withHub } from '../setup.ts'

// A licence that is not open is said when weights are downloaded, and only then.

const commit = '0123456789abcdef0123456789abcdef01234567'
const config = { model_type: 'vit', num_attention_heads: 2, image_size: 12 }
const files = {
  'config.json': Buffer.from(JSON.stringify(config)),
  'model.safetensors': await asSafetensors(tensorsOf(huggingface, smallConfig)),
}

/** What is said while a repository is loaded. */
async function noticesOf(repository: string, { server, cache, notices }: Setting) {
  const before = notices.length
  const hub = {
    endpoint: server.url,
    cache,
    timeout: 3000,
    retryDelay: 5,
    onNotice: (text: string) => void notices.push(text),
  }
  const vit = await load(`hf:${repository}`, { backend: 'reference', hub })
  vit.dispose()
  return notices.slice(before).filter((text) => /licence/.test(text))
}

const cards: readonly (readonly [card: object | undefined, licence: string | undefined])[] = [
  [{ license: 'apache-2.0' }, undefined],
  [{ license: 'mit' }, undefined],
  [undefined, undefined],
  [{ license: 'cc-by-nc-4.0' }, 'cc-by-nc-4.0'],
  [{ license: 'other', license_name: 'dinov3-license' }, 'dinov3-license'],
  [{ license: 'other' }, 'other'],
  // What is no abbreviation is not shown.
  [{ license: 'a\u001b[31m' }, undefined],
  [{ license: ['mit'] }, undefined],
]

test('a licence that is not open is said once, when the weights are downloaded', async () => {
  await withHub(async (setting) => {
    for (const [i, [card, licence]] of cards.entries()) {
      const repository = `org/model-${i}`
      setting.server.putRepository(repository, commit, files, card as Record<string, unknown>)
      const said = await noticesOf(repository, setting)
      const expected = licence
        ? [`hf:${repository} has the licence ${licence}, which is not an open one: see `]
        : []
      assert.is(said.length, expected.length, JSON.stringify(card))
      if (licence) assert.ok(said[0]!.includes(expected[0]!), said[0])
      assert.equal(await noticesOf(repository, setting), [], 'it is in the cache now')
    }
  })
})

test('without a card the catalogue says it', async () => {
  const { name } = repositories.find(({ license }) => license === 'dinov3-license')!
  await withHub(async (setting) => {
    const repository = name.slice('hf:'.length)
    setting.server.putRepository(repository, commit, files)
    const said = await noticesOf(repository, setting)
    assert.is(said.length, 1)
    assert.match(said[0]!, /dinov3-license/)
  })
})

test('rows of the catalogue: names once each, and every fact of its kind', () => {
  assert.is(new Set(repositories.map(({ name }) => name)).size, repositories.length)
  for (const { name, family, resolution, top1, license } of repositories) {
    assert.match(name, /^hf:[\w-]+\/[\w.-]+$/)
    assert.ok(
      ['vit', 'timm_vit', 'dinov2', 'dinov3', 'beit', 'aimv2', ...dualFamilies].includes(family),
    )
    assert.ok(resolution >= 224 && resolution <= 518)
    assert.ok(top1 === undefined || (top1 > 75 && top1 < 90))
    assert.match(license, /^[a-z0-9.-]+$/)
  }
})

test.run()
