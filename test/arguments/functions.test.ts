import { test } from 'uvu'
import * as assert from 'uvu/assert'
import * as embedded from '../../src/embedded/model.ts'
import * as hub from '../../src/hub/index.ts'
import type { HubOptions } from '../../src/hub/settings.ts'
import * as main from '../../src/index.ts'
import {
  provideWasm,
  readLabels,
  readSynsets,
  type ViTConfig,
  variantConfig,
} from '../../src/index.ts'
import { optionRows, type Row, testRows, type WrongOptions } from './table.ts'

const none = [null, undefined, 42, '', 'mnist', {}, Symbol('x'), 1n, Object.create(null)]

const rowsOf = (name: string, call: (value: never) => unknown): Row[] =>
  none.map((value, i) => ({
    name: `${name} ${i}`,
    code: 'ARGUMENT',
    run: () => call(value as never),
  }))

const override: Partial<WrongOptions<ViTConfig>> = { heads: [0, null], gelu: ['relu'] }

testRows('functions beside load', () => [
  ...rowsOf('readLabels', readLabels),
  ...rowsOf('readSynsets', readSynsets),
  { name: 'synsets of CIFAR-10', code: 'ARGUMENT', run: () => readSynsets('cifar10' as never) },
  ...[42, 'simd8', [], { simd9: new Uint8Array() }, { simd8: 'simd8.wasm' }].map((files, i) => ({
    name: `provideWasm ${i}`,
    code: 'ARGUMENT',
    run: () => provideWasm(files as never),
  })),
  ...rowsOf('variantConfig', variantConfig),
  {
    name: 'a variant that is nearly one',
    code: 'ARGUMENT',
    message: /did you mean ViT-B_16\?/,
    run: () => variantConfig('ViT-B16'),
  },
  ...[null, 'heads', [], { head: 3 }].map((overrides, i) => ({
    name: `variantConfig with overrides that are none, ${i}`,
    code: 'ARGUMENT',
    run: () => variantConfig('B_16', overrides as never),
  })),
  ...Object.entries(override).flatMap(([field, values]) =>
    values.map((value) => ({
      name: `variantConfig { ${field} }`,
      code: 'ARGUMENT',
      run: () => variantConfig('B_16', { [field]: value }),
    })),
  ),
])

const hubOptions: WrongOptions<HubOptions> = {
  url: [1],
  endpoint: [{}],
  token: [1],
  offline: [1],
  cache: [true, {}],
  maxCacheBytes: [-1, '20GB'],
  fetch: [{}],
  onNotice: ['log'],
  timeout: [0, 2 ** 31, '30'],
  retryDelay: [-1],
}

testRows('functions of the hub', () => [
  ...optionRows('the hub', hubOptions, (options) => hub.listPublished('B_16', options)),
  ...optionRows('the hub', hubOptions, (options) => hub.listAugReg('B/16', options)),
  {
    name: 'an address that is no URL',
    code: 'ARGUMENT',
    run: () => hub.listPublished('', { url: 'example' }),
  },
])

test('every public function is in these tables', () => {
  const exported = { ...main, ...hub, ...embedded }
  const functions = Object.entries(exported).flatMap(([name, value]) =>
    typeof value === 'function' && !(value.prototype instanceof Error) ? [name] : [],
  )
  // `load` has a table of its own, `openCache` no arguments; `verifyEntry` takes what that gives.
  const elsewhere = ['load', 'openCache', 'verifyEntry']
  const here = [
    'provideWasm',
    'readLabels',
    'readSynsets',
    'variantConfig',
    'listPublished',
    'listRepositories',
    'listAugReg',
  ]
  assert.equal(functions.sort(), [...elsewhere, ...here].sort())
})

test.run()
