import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ArgumentError, SourceError } from '../../../src/errors.ts'
import { vitProgram } from '../../../src/families/vit/program.ts'
import { variantConfig, variants } from '../../../src/families/vit/variants.ts'
import {
  augRegVariant,
  parseAugRegFile,
  parseAugRegQuery,
  queryAugReg,
} from '../../../src/hub/catalog/augreg.ts'
import { catalog, findPublished, searchPublished } from '../../../src/hub/catalog/catalog.ts'
import { parseHubReference } from '../../../src/hub/huggingface/reference.ts'
import { listPublished } from '../../../src/hub/list.ts'
import { resolveName } from '../../../src/hub/resolve.ts'
import { parseBytes, resolveSettings } from '../../../src/hub/settings.ts'
import { parameterCount } from '../../../src/program/passes/work.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { sharedJSON, sharedTest } from '../../shared.ts'
import { withHub } from '../setup.ts'

const settings = resolveSettings({ cache: false })

test('every name resolves to a URL of its bucket, and back to its own row', async () => {
  assert.ok(catalog.length > 50)
  assert.is(new Set(catalog.map(({ name }) => name)).size, catalog.length)
  assert.is(new Set(catalog.map(({ path }) => path)).size, catalog.length)
  for (const row of catalog) {
    assert.is(findPublished(row.name), row)
    assert.is(findPublished(`gs://${row.path}`), row)
    const { where } = await resolveName(row.name, settings)
    const { url, maxBytes } = (where as { remote: { url: string; maxBytes: number } }).remote
    const { origin, pathname, search, hash } = new URL(url)
    assert.is(origin, 'https://storage.googleapis.com')
    assert.is(search + hash, '')
    assert.is(decodeURIComponent(pathname), `/${row.path}`)
    assert.match(pathname, /^\/(vit|mixer)_models\/[\w.%-]+\/[\w.%-]+\.npz$/)
    if (row.bytes) assert.ok(maxBytes > row.bytes && maxBytes < 1.1 * row.bytes + 2e6, row.name)
  }
})

test('every plain ViT has the parameters that its config says, and the size that they take', () => {
  const plain = catalog.filter(({ variant }) => variants.some(({ name }) => name === variant))
  assert.ok(plain.length > 30)
  for (const { name, variant, classes, resolution, representation, parameters, bytes } of plain) {
    const config = variantConfig(variant, { classes, imageSize: [resolution, resolution] })
    const whole = { ...config, representation: representation ? config.width : 0 }
    assert.is(parameterCount(vitProgram(whole)), parameters, name)
    // Listed sizes are rounded to a hundredth of a GiB; sam/ViT-S_16 comes with its optimiser.
    const copies = name === 'sam/ViT-S_16' ? 3 : 1
    assert.ok(Math.abs(bytes! - copies * 4 * parameters!) < 0.008 * bytes!, name)
  }
})

sharedTest('the others have those of the official code, as far as it counts them', () => {
  const { counts } = sharedJSON<{ counts: Record<string, Record<string, number>> }>(
    'golden/official/param-counts/counts.json',
  )
  let compared = 0
  for (const { name, variant, classes, resolution, representation, parameters } of catalog) {
    const count = counts[variant]?.[classes]
    if (count === undefined || resolution !== 224 || representation) continue
    assert.is(parameters, count, name)
    compared++
  }
  assert.ok(compared > 25, `${compared}`)
})

test('one name, several ways to say it', () => {
  const b16 = findPublished('B_16')!
  assert.match(b16.path, /augreg\/B_16-i21k-.*-aug_medium1-.*imagenet2012-.*-res_384\.npz$/)
  assert.is(findPublished('ViT-B_16'), b16)
  assert.is(findPublished('R_Ti_16'), findPublished('R+ViT-Ti_16'))
  assert.is(findPublished('L_32')!.name, 'imagenet21k+imagenet2012/ViT-L_32')
  assert.is(findPublished('ViT-B_16-224')!.name, 'imagenet21k+imagenet2012/ViT-B_16-224')
  assert.is(findPublished('ViT-H_14')!.classes, 21_843)
  assert.is(findPublished('imagenet21k/ViT-B_16.npz')!.representation, true)
  assert.is(findPublished('Mixer-B_16')!.name, 'mixer_models/imagenet1k/Mixer-B_16')
  assert.is(findPublished('B_16.npz'), undefined)
  assert.is(findPublished('B'), undefined)
  assert.equal(
    searchPublished('b_16 imagenet21k+').map(({ name }) => name),
    [
      'imagenet21k+imagenet2012/ViT-B_16-224',
      'imagenet21k+imagenet2012/ViT-B_16',
      'imagenet21k+imagenet2012/R50+ViT-B_16',
    ],
  )
})

test('any file of AugReg by its name', async () => {
  const name =
    'R26_S_32-i21k-300ep-lr_0.001-aug_light1-wd_0.1-do_0.0-sd_0.0--oxford_iiit_pet-steps_0k-lr_0.01-res_384'
  assert.equal(parseAugRegFile(name), {
    model: 'R26_S_32',
    ds: 'i21k',
    adaptDs: 'oxford_iiit_pet',
    resolution: 384,
  })
  assert.is(augRegVariant('R26_S_32'), 'R26+ViT-S_32')
  assert.is(augRegVariant('R_Ti_16'), 'R+ViT-Ti_16')
  assert.is(augRegVariant('B_8'), 'ViT-B_8')
  for (const spelled of [name, `${name}.npz`, `augreg/${name}`, `augreg:${name}`]) {
    const { where, variant } = await resolveName(spelled, settings)
    const { url } = (where as { remote: { url: string } }).remote
    assert.is(url, `https://storage.googleapis.com/vit_models/augreg/${name}.npz`)
    assert.is(variant, 'R26+ViT-S_32')
  }
  await rejects(resolveName('B_16-i21k-300ep', settings), SourceError, /no published/)
})

const table = `name,ds,epochs,lr,aug,wd,do,sd,best_val,final_val,final_test,adapt_ds,adapt_lr,adapt_steps,adapt_resolution,adapt_final_val,adapt_final_test,params,infer_samples_per_sec,filename,adapt_filename
B/16,i21k,300,0.001,light1,0.1,0.0,0.0,0.5,0.47,0.46,cifar100,0.01,500,224,0.91,0.93,85.8,100,B_16-i21k-300ep-lr_0.001-aug_light1-wd_0.1-do_0.0-sd_0.0,B_16-i21k-300ep-lr_0.001-aug_light1-wd_0.1-do_0.0-sd_0.0--cifar100-steps_1k-lr_0.01-res_224
B/16,i21k,300,0.001,medium1,0.1,0.0,0.0,0.5,0.48,0.47,cifar100,0.03,500,224,0.92,0.92,85.8,100,B_16-i21k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.0-sd_0.0,B_16-i21k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.0-sd_0.0--cifar100-steps_1k-lr_0.03-res_224
B/16,i1k,300,0.001,medium1,0.1,0.0,0.0,0.5,0.75,0.74,imagenet2012,0.03,500,384,0.80,0.79,85.8,100,B_16-i1k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.0-sd_0.0,B_16-i1k-300ep-lr_0.001-aug_medium1-wd_0.1-do_0.0-sd_0.0--imagenet2012-steps_20k-lr_0.03-res_384
R+Ti/16,i21k,300,0.001,none,0.03,0.0,0.0,0.3,0.3,0.3,cifar100,0.03,500,384,0.85,0.86,6.3,2000,R_Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0,R_Ti_16-i21k-300ep-lr_0.001-aug_none-wd_0.03-do_0.0-sd_0.0--cifar100-steps_1k-lr_0.03-res_384
`

test('questions to AugReg’s table', async () => {
  const ask = (query: string) => queryAugReg(table, parseAugRegQuery(query))
  const [first, second] = ask('B/16,dataset=cifar100,resolution=224')
  assert.match(first!.file, /aug_medium1.*cifar100/, 'the best by validation, not by test')
  assert.equal([first!.validation, first!.test], [92, 92])
  assert.match(second!.file, /aug_light1/)
  assert.is(ask('B_16').length, 1, 'ImageNet-2012 unless told')
  assert.is(ask('adapt_ds=cifar100').length, 3)
  assert.is(ask('R_Ti_16 dataset=cifar100 res=384').length, 1)
  assert.equal(
    ask('B/16,dataset=none,ds=i21k').map(({ validation }) => validation),
    [48, 47],
  )
  assert.throws(() => parseAugRegQuery('B/16,colour=red'), /name, ds, dataset, resolution/)
  assert.throws(() => parseAugRegQuery('resolution=big'), /number of pixels/)
  assert.throws(() => queryAugReg('<html>', parseAugRegQuery('B/16')), /no column/)
  await withHub(async ({ server, settings }) => {
    server.put('/vit_models/augreg/index.csv', Buffer.from(table))
    const { where, beside } = await resolveName('augreg:B/16,dataset=cifar100', settings)
    assert.match((where as { remote: { url: string } }).remote.url, /aug_medium1.*cifar100.*\.npz$/)
    assert.is(beside.description!.labels, 'cifar100')
    await resolveName('augreg:B/16', settings)
    assert.is(server.asked.length, 1, 'the table is kept')
    await rejects(resolveName('augreg:B/16,dataset=kitti', settings), SourceError, /Nothing/)
  })
})

test('references to Hugging Face, buckets and URLs', async () => {
  assert.equal(parseHubReference('hf:google/vit-base-patch16-224'), {
    repository: 'google/vit-base-patch16-224',
    revision: 'main',
    file: undefined,
  })
  assert.equal(parseHubReference('hf:org/name@v1.0:sub/model.safetensors'), {
    repository: 'org/name',
    revision: 'v1.0',
    file: 'sub/model.safetensors',
  })
  for (const wrong of [
    'hf:',
    'hf:a/b/c',
    'hf:../x',
    'hf:org/name:../secret',
    'hf:org/name@../..',
    'hf:a b',
  ]) {
    assert.throws(() => parseHubReference(wrong), /hf:org\/name/, wrong)
  }
  const remote = async (name: string) =>
    ((await resolveName(name, settings)).where as { remote: { url: string; name: string } }).remote
  assert.is(
    (await remote('gs://my-bucket/a b/c+d.npz')).url,
    'https://storage.googleapis.com/my-bucket/a%20b/c%2Bd.npz',
  )
  await rejects(resolveName('gs://bucket', settings), ArgumentError, /gs:\/\/bucket\/file/)
  const secret = await remote('https://user:pass@example.org/m.npz?X-Signature=abc')
  assert.is(secret.name, 'https://example.org/m.npz')
  assert.not.match(secret.url, /pass/)
})

test('settings come from options, else from the environment', () => {
  assert.is(parseBytes('20GB'), 20e9)
  assert.is(parseBytes('1.5 m'), 1.5e6)
  assert.throws(() => parseBytes('much'), /not a size/)
  assert.throws(() => resolveSettings({ url: 'ftp://x' }), /http or https/)
  const token = 'hf_secret'
  assert.is(resolveSettings({ token }).token, token)
  // A mirror of everything is not told who asks, nor is a line that others can read.
  assert.is(resolveSettings({ token, url: 'https://mirror.example' }).token, undefined)
  assert.is(resolveSettings({ token, endpoint: 'http://mirror.example' }).token, undefined)
  assert.is(resolveSettings({ token, endpoint: 'https://mirror.example/' }).token, token)
})

test('the list shows what is cached and supported', async () => {
  await withHub(async ({ server, cache }) => {
    const rows = await listPublished('mixer l_16', { url: server.url, cache })
    assert.equal(
      rows.map(({ runs, cached }) => [runs, cached]),
      [
        [true, false],
        [true, false],
      ],
    )
    assert.ok((await listPublished('', { cache })).every(({ runs }) => runs))
  })
})

test.run()
