import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { VitrineError } from '../../../src/errors.ts'
import { isExempt, proxyAgent } from '../../../src/platform/node/proxy.ts'
import { rejects } from '../../checkpoint/collect.ts'

const names = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy']
const all = [...names, ...names.map((name) => name.toUpperCase())]

async function within(
  given: Readonly<Record<string, string>>,
  run: () => Promise<unknown>,
): Promise<void> {
  const before = all.map((name) => [name, process.env[name]] as const)
  for (const name of all) delete process.env[name]
  Object.assign(process.env, given)
  try {
    await run()
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

/** What NO_PROXY says, the hosts that it means, and some that it does not. */
const cases: readonly (readonly [noProxy: string, exempt: string[], others: string[]])[] = [
  ['', [], ['http://a.org', 'http://[::1]']],
  ['*', ['http://a.org', 'http://[::1]', 'http://10.0.0.1'], []],
  [
    'a.org',
    ['http://a.org', 'http://www.a.org', 'http://A.ORG', 'http://a.org.'],
    ['http://ba.org'],
  ],
  ['.a.org', ['http://www.a.org', 'http://a.org'], ['http://ba.org']],
  ['*.a.org', ['http://www.a.org'], ['http://ba.org']],
  ['b.org, A.org  c.org', ['http://a.org', 'http://b.org', 'http://c.org'], ['http://d.org']],
  ['a.org:8080', ['http://a.org:8080'], ['http://a.org', 'https://a.org']],
  ['a.org:443', ['https://a.org'], ['http://a.org']],
  ['::1', ['http://[::1]', 'http://[::1]:81', 'http://[0:0::1]'], ['http://[::2]']],
  ['[::1]', ['http://[::1]'], ['http://[::2]']],
  ['[::1]:80', ['http://[::1]'], ['http://[::1]:81']],
  ['fd00::/8', ['http://[fd12::1]'], ['http://[fe80::1]', 'http://10.0.0.1']],
  ['10.0.0.0/8', ['http://10.1.2.3'], ['http://11.0.0.1', 'http://[::1]', 'http://10.org']],
  ['10.1.2.3', ['http://10.1.2.3'], ['http://10.1.2.4', 'http://210.1.2.3']],
  ['10.0.0.0/99,10.0.0.0/x,/8,:80,.', [], ['http://10.0.0.1', 'http://a.org']],
  ['localhost', ['http://localhost:1234'], ['http://127.0.0.1']],
]

test('NO_PROXY, in capitals and not', async () => {
  for (const [noProxy, exempt, others] of cases) {
    for (const name of ['no_proxy', 'NO_PROXY']) {
      const given = { [name]: noProxy, HTTP_PROXY: 'http://proxy:1', https_proxy: 'http://proxy:1' }
      await within(given, async () => {
        for (const url of exempt) {
          assert.ok(isExempt(new URL(url)), `${name}=${noProxy} ${url}`)
          assert.is(await proxyAgent(new URL(url)), undefined, `${name}=${noProxy} ${url}`)
        }
        for (const url of others) {
          assert.not(isExempt(new URL(url)), `${name}=${noProxy} ${url}`)
          assert.ok(await proxyAgent(new URL(url)), `${name}=${noProxy} ${url}`)
        }
      })
    }
  }
})

test('which proxy', async () => {
  const proxyOf = async (url: string) =>
    ((await proxyAgent(new URL(url))) as unknown as { proxy: URL } | undefined)?.proxy.href
  await within({ HTTP_PROXY: 'http://a:1', https_proxy: 'http://b:2' }, async () => {
    assert.is(await proxyOf('http://x.org'), 'http://a:1/')
    assert.is(await proxyOf('https://x.org'), 'http://b:2/')
  })
  await within({ ALL_PROXY: 'http://c:3' }, async () =>
    assert.is(await proxyOf('https://x.org'), 'http://c:3/'),
  )
  await within({}, async () => assert.is(await proxyOf('https://x.org'), undefined))
  for (const proxy of ['socks5://a:1', 'http://a b', 'http://%zz@a:1']) {
    await within({ ALL_PROXY: proxy }, () => rejects(proxyOf('https://x.org'), VitrineError))
  }
})

test.run()
