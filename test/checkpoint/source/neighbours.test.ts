import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { type NeighbourOptions, neighboursOf } from '../../../src/checkpoint/source/neighbours.ts'
import { readSmall } from '../../../src/checkpoint/source/source.ts'
import { LimitError, SourceError } from '../../../src/errors.ts'
import { temporaryFolder } from '../../cli/run.ts'
import { HubServer } from '../../hub/server.ts'
import { rejects } from '../collect.ts'

/** The text of a neighbour; undefined where there is none. */
async function textBeside(input: string | URL, name: string, options: NeighbourOptions = {}) {
  const source = await neighboursOf(input, options)!.open(name)
  if (!source) return undefined
  const text = new TextDecoder().decode(await readSmall(source, 100, undefined))
  await source.close()
  return text
}

test('neighbours of a path, a folder and a file: URL', async () => {
  const folder = temporaryFolder()
  const inner = join(folder, 'a b')
  mkdirSync(inner)
  writeFileSync(join(folder, 'config.json'), 'outer')
  writeFileSync(join(inner, 'config.json'), 'inner')
  const weights = join(inner, 'model.safetensors')
  for (const input of [weights, `${inner}/`, pathToFileURL(weights), pathToFileURL(weights).href]) {
    assert.is(await textBeside(input, 'config.json'), 'inner', String(input))
    assert.is(await textBeside(input, 'other.json'), undefined)
  }
  assert.is(await textBeside(join(folder, 'x.npz'), 'a b'), undefined, 'a folder is no file')
  for (const input of ['', 'data:,x', 'blob:x', new Uint8Array(3), new Blob([])]) {
    assert.is(neighboursOf(input), undefined)
  }
})

test('neighbours on a server have the same query and credentials; pages are no files', async () => {
  const server = await HubServer.start()
  const notices: string[] = []
  const notice = (text: string) => void notices.push(text)
  const bytes = (text: string) => new TextEncoder().encode(text)
  try {
    server.put('/org/a b/config.json?key=secret', bytes('{}'))
    server.put('/org/a b/page.json?key=secret', bytes('\n<!DOCTYPE html><title>Not here'))
    server.put('/org/a b/empty.json?key=secret', bytes(''))
    const weights = `${server.url.replace('//', '//me:pass@')}/org/a%20b/m.safetensors?key=secret#x`
    assert.is(await textBeside(weights, 'config.json', { notice }), '{}')
    const [asked] = server.taken('/org/a b/config.json?key=secret')
    assert.is(asked!.headers.authorization, `Basic ${btoa('me:pass')}`)
    assert.is(await textBeside(weights, 'empty.json', { notice }), '')
    assert.is(await textBeside(weights, 'none.json', { notice }), undefined)
    assert.equal(notices, [])
    assert.is(await textBeside(weights, 'page.json', { notice }), undefined)
    assert.match(notices.pop()!, /\/page\.json is a web page.*taken for missing/)
    for (const [status, expected] of [
      [403, /HTTP 403; it is taken for missing/],
      [410, undefined],
    ] as const) {
      server.misbehave = (_, response) => {
        response.writeHead(status).end()
        return true
      }
      assert.is(await textBeside(weights, 'config.json', { notice }), undefined)
      const said = notices.pop()
      if (expected) assert.match(said!, expected)
      else assert.is(said, undefined)
      assert.not.match(said ?? '', /secret|pass/)
    }
    server.misbehave = (_, response) => {
      response.writeHead(500).end()
      return true
    }
    const failure = await rejects(textBeside(weights, 'config.json'), SourceError, /HTTP 500/)
    assert.not.match(failure.message, /secret|pass/)
  } finally {
    await server.stop()
  }
})

test('a small file that is long is refused before it is read', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'config.json'), 'x'.repeat(101))
  await rejects(textBeside(`${folder}/`, 'config.json'), LimitError, /longer than the 100 bytes/)
})

test.run()
