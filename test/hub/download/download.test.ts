import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { LimitError, SourceError } from '../../../src/errors.ts'
import type { Part } from '../../../src/hub/cache/cache.ts'
import { FolderCache } from '../../../src/hub/cache/node/folder.ts'
import { obtain } from '../../../src/hub/obtain.ts'
import { rejects } from '../../checkpoint/collect.ts'
import { random } from '../../random.ts'
import { type Misbehave, sendGzip, sendPart, serve, sha256, startOf } from '../server.ts'
import { fetchWhole, noise, path, wholeEntries, withHub } from '../setup.ts'

const bytes = noise(3_000_000)
const other = noise(3_000_000, 2)

test('a file is fetched once, kept with its hash, and found without the server', async () => {
  await withHub(async ({ server, cache, settings, remote }) => {
    server.put(path, bytes)
    assert.equal(await fetchWhole(remote, settings), bytes)
    const { whole, partial } = await cache.list()
    assert.equal([whole.length, partial.length], [1, 0])
    assert.is(whole[0]!.sha256, sha256(bytes))
    assert.is(whole[0]!.size, bytes.length)
    assert.is(server.taken(path).length, 1)
    assert.equal(await fetchWhole(remote, settings), bytes)
    assert.is(server.asked.length, 0)
    assert.equal(await fetchWhole(remote, { ...settings, offline: true }), bytes)
  })
})

test('offline, a missing file is refused', async () => {
  await withHub(async ({ settings, remote, server }) => {
    const offline = { ...settings, offline: true }
    await rejects(fetchWhole(remote, offline), SourceError, /not in the cache.*offline/)
    assert.is(server.asked.length, 0)
  })
})

/** Each keeps a file from coming in one go, and lets it come in the end. */
const hindrances: Record<string, () => Misbehave> = {
  'cut at random bytes': () => {
    const next = random(5)
    return (request, response, file) => {
      if (!file || startOf(request) > 2_500_000) return false
      sendPart(request, response, { bytes: file, etag: '"e"' }, Math.floor(next() * 600_000))
      return true
    }
  },
  'stalls, and goes on when asked again': () => {
    let stalls = 2
    return (request, response, file) => {
      if (!file || stalls-- <= 0) return false
      sendPart(request, response, { bytes: file, etag: '"e"' }, 700_000, 'stall')
      return true
    }
  },
  'does not answer at all once': () => {
    let silent = true
    return () => {
      const was = silent
      silent = false
      return was
    }
  },
  'answers another range than asked for': () => {
    let wrong = 2
    return (request, response, file) => {
      if (!file) return false
      if (startOf(request) === 0) {
        if (wrong <= 0) return false
        sendPart(request, response, { bytes: file, etag: '"e"' }, 500_000)
        return true
      }
      wrong--
      const headers = { 'content-range': `bytes 7-${file.length - 1}/${file.length}`, etag: '"e"' }
      response.writeHead(206, headers).end(file.subarray(7))
      return true
    }
  },
  'ignores ranges': () => {
    let cuts = 2
    return (request, response, file) => {
      if (!file) return false
      delete request.headers.range
      if (cuts-- > 0) sendPart(request, response, { bytes: file, etag: '"e"' }, 1_000_000)
      else serve(request, response, { bytes: file, etag: '"e"' })
      return true
    }
  },
  'has no marks of versions': () => {
    let cuts = 2
    return (request, response, file) => {
      if (!file) return false
      if (cuts-- > 0) sendPart(request, response, { bytes: file }, 1_000_000)
      else serve(request, response, { bytes: file })
      return true
    }
  },
  'says 416 to a range that is there': () => {
    let cuts = 1
    return (request, response, file) => {
      if (!file) return false
      if (startOf(request) > 0) response.writeHead(416).end()
      else if (cuts-- > 0) sendPart(request, response, { bytes: file, etag: '"e"' }, 1_000_000)
      else return false
      return true
    }
  },
  'announces more than it has, once': () => {
    let lies = 1
    return (request, response, file) => {
      if (!file || startOf(request) > 0 || lies-- <= 0) return false
      response.writeHead(200, { 'content-length': file.length + 1000, etag: '"longer"' })
      response.write(file, () => response.destroy())
      return true
    }
  },
  compresses: () => (_, response, file) => {
    if (!file) return false
    sendGzip(response, file)
    return true
  },
  'compresses, and breaks off': () => {
    let cuts = 2
    return (_, response, file) => {
      if (!file || cuts-- <= 0) return false
      sendGzip(response, file, 4_000_000)
      setTimeout(() => response.destroy(), 50)
      return true
    }
  },
  'is busy: 429 with Retry-After, 503, 500': () => {
    const answers: [number, Record<string, string>][] = [
      [429, { 'retry-after': '0' }],
      [503, { 'retry-after': new Date(Date.now() - 5000).toUTCString() }],
      [500, {}],
    ]
    return (_, response) => {
      const answer = answers.shift()
      if (answer) response.writeHead(...answer).end('busy')
      return answer !== undefined
    }
  },
  'redirects to another server of http': () => (request, response, file) => {
    if (!file || request.url!.includes('?moved')) return false
    response.writeHead(302, { location: `${request.url}?moved` }).end()
    return true
  },
}

for (const [what, make] of Object.entries(hindrances)) {
  test(`a server that ${what}: the file arrives complete`, async () => {
    await withHub(async ({ server, cache, settings, remote }) => {
      server.put(path, bytes, '"e"')
      server.put(`${path}?moved`, bytes, '"e"')
      server.misbehave = make()
      assert.equal(await fetchWhole(remote, settings), bytes)
      assert.equal(await wholeEntries(cache), [bytes])
    })
  })
}

test('bytes that are discarded during a read are read again', async () => {
  await withHub(async ({ server, folder, settings, remote }) => {
    let restarts = 0
    let begunAnew = () => {}
    const anew = new Promise<void>((resolve) => {
      begunAnew = resolve
    })
    let refused = 0
    class Slow extends FolderCache {
      override async begin(key: string): Promise<Part> {
        const part = await super.begin(key)
        const restart: Part['restart'] = async (state) => {
          await part.restart(state)
          if (++restarts === 2) begunAnew()
        }
        const read: Part['read'] = async (...args) => {
          if (restarts === 1) {
            refused++
            await anew
            throw new Error('file closed')
          }
          return part.read(...args)
        }
        const get = (_: Part, name: keyof Part) => {
          if (name === 'restart') return restart
          return name === 'read' ? read : part[name]
        }
        return new Proxy(part, { get: get as ProxyHandler<Part>['get'] & object })
      }
    }
    server.put(path, bytes, '"e"')
    let asked = 0
    server.misbehave = (request, response, file) => {
      // It knows no ranges, so the second answer begins at the beginning.
      delete request.headers.range
      if (asked++ > 0) return false
      sendPart(request, response, { bytes: file!, etag: '"e"' }, 2_500_000)
      return true
    }
    const cache = new Slow(join(folder, 'slow'))
    const file = await obtain(remote, { ...settings, cache })
    try {
      const source = file.open()
      assert.equal(await source.read(0, 1_000_000), bytes.subarray(0, 1_000_000))
      await file.keep()
    } finally {
      await file.close()
    }
    assert.equal([restarts, refused], [2, 1])
    assert.equal(await wholeEntries(cache), [bytes])
  })
})

test('bytes received before an interruption are not requested again', async () => {
  await withHub(async ({ server, settings, remote }) => {
    server.put(path, bytes, '"e"')
    let cuts = 1
    server.misbehave = (request, response) => {
      if (cuts-- <= 0) return false
      sendPart(request, response, { bytes, etag: '"e"' }, 2_000_000)
      return true
    }
    assert.equal(await fetchWhole(remote, settings), bytes)
    const [first, second] = server.taken(path)
    assert.is(first!.range, undefined)
    assert.match(second!.range!, /^bytes=[1-9]\d{5,}-$/)
    assert.is(second!.headers['if-range'], '"e"')
  })
})

test('a file that changes during the download starts over; versions are not mixed', async () => {
  await withHub(async ({ server, cache, settings, remote }) => {
    for (const ifRange of [true, false]) {
      server.put(path, bytes, '"one"')
      let first = true
      server.misbehave = (request, response, file) => {
        if (!first) {
          // A server that does not know If-Range sends the rest of the other version.
          if (!ifRange) delete request.headers['if-range']
          return false
        }
        first = false
        sendPart(request, response, { bytes: file!, etag: '"one"' }, 1_500_000)
        server.put(path, other, '"two"')
        return true
      }
      assert.equal(await fetchWhole(remote, settings), other)
      assert.equal(await wholeEntries(cache), [other])
      await cache.remove((await cache.list()).whole[0]!.key)
    }
  })
})

/** Each ends the download with a clear error; nothing is cached, and the next try succeeds. */
const refusals: Record<string, [Misbehave, RegExp]> = {
  '404': [
    (_, response) => {
      response.writeHead(404).end()
      return true
    },
    /no such file \(HTTP 404\)\. Try another/,
  ],
  '403': [
    (_, response) => {
      response.writeHead(403).end()
      return true
    },
    /access is forbidden \(HTTP 403\)/,
  ],
  '401': [
    (_, response) => {
      response.writeHead(401).end()
      return true
    },
    /requires authentication \(HTTP 401\)/,
  ],
  'a redirect to file:': [
    (_, response) => {
      response.writeHead(302, { location: 'file:///etc/passwd' }).end()
      return true
    },
    /redirects to a file: URL/,
  ],
  'redirects without end': [
    (request, response) => {
      response.writeHead(307, { location: request.url! }).end()
      return true
    },
    /more than 10 times/,
  ],
  '503 for ever': [
    (_, response) => {
      response.writeHead(503).end()
      return true
    },
    /Can't download the file: HTTP 503/,
  ],
  'a Retry-After of a day': [
    (_, response) => {
      response.writeHead(429, { 'retry-after': '86400' }).end()
      return true
    },
    /HTTP 429/,
  ],
  'silence for ever': [() => true, /no data for/],
  'a length that is never true': [
    (request, response, file) => {
      response.writeHead(200, { 'content-length': file!.length + 9, etag: '"e"' })
      response.write(file!.subarray(startOf(request)), () => response.destroy())
      return true
    },
    /Can't download/,
  ],
}

for (const [what, [misbehave, message]] of Object.entries(refusals)) {
  test(`${what}: a clear error, and nothing cached`, async () => {
    await withHub(async ({ server, cache, settings, remote }) => {
      server.put(path, bytes)
      server.misbehave = misbehave
      const advised = { ...remote, advice: 'Try another name.' }
      const quick = { ...settings, timeout: 60, retryDelay: 1 }
      await rejects(fetchWhole(advised, quick), SourceError, message)
      assert.equal(await wholeEntries(cache), [])
      server.misbehave = undefined
      assert.equal(await fetchWhole(remote, settings), bytes)
      assert.equal(await wholeEntries(cache), [bytes])
    })
  })
}

test('files that are longer than they may be, or of another size or hash than published', async () => {
  await withHub(async ({ server, cache, settings, remote }) => {
    server.put(path, bytes)
    const small = { ...remote, maxBytes: 1_000_000 }
    await rejects(fetchWhole(small, settings), LimitError, /3000000 bytes on the server/)
    // The same where the length is not announced.
    server.misbehave = (_, response, file) => {
      response.writeHead(200)
      response.end(file)
      return true
    }
    await rejects(fetchWhole(small, settings), LimitError, /at most 1000000/)
    server.misbehave = undefined
    const size = { ...remote, size: 3_000_001 }
    await rejects(fetchWhole(size, settings), SourceError, /the publisher says 3000001/)
    const hash = { ...remote, sha256: sha256(other) }
    await rejects(fetchWhole(hash, settings), SourceError, /is complete but wrong/)
    const { whole, partial } = await cache.list()
    assert.equal([whole.length, partial.length], [0, 0])
    assert.equal(
      await fetchWhole({ ...remote, size: bytes.length, sha256: sha256(bytes) }, settings),
      bytes,
    )
  })
})

test('an abort at any point rejects with its reason; the next download resumes', async () => {
  await withHub(async ({ server, folder, settings, remote }) => {
    let onStored = (_count: number) => {}
    class Telling extends FolderCache {
      override async begin(key: string): Promise<Part> {
        const part = await super.begin(key)
        const append = part.append.bind(part)
        let count = 0
        part.append = async (bytes) => {
          await append(bytes)
          count += bytes.length
          onStored(count)
        }
        return part
      }
    }
    const cache = new Telling(join(folder, 'telling'))
    server.put(path, bytes, '"e"')
    for (const point of ['call', 'request', 'headers', 'first bytes', 'more bytes'] as const) {
      const controller = new AbortController()
      const reason = new Error('enough')
      const abortAt = (here: boolean) => here && controller.abort(reason)
      // It never sends everything, so that no download is finished before its abort.
      server.misbehave = (request, response, file) => {
        abortAt(point === 'request')
        const count = point === 'headers' ? 0 : 500_000
        sendPart(request, response, { bytes: file!, etag: '"e"' }, count, 'stall')
        abortAt(point === 'headers')
        return true
      }
      onStored = (count) => abortAt(point === 'first bytes' || count >= 300_000)
      const download = fetchWhole(remote, { ...settings, cache }, controller.signal)
      abortAt(point === 'call')
      const error = await download.catch((error) => error)
      assert.is(error, reason, point)
      assert.equal(await wholeEntries(cache), [], point)
    }
    const { partial } = await cache.list()
    assert.ok(partial[0]!.size > 300_000, `${partial[0]!.size} bytes are kept`)
    server.misbehave = undefined
    assert.equal(await fetchWhole(remote, { ...settings, cache }), bytes)
    assert.is(server.taken(path).at(-1)!.range, `bytes=${partial[0]!.size}-`)
  })
})

test('two clients at once: one download', async () => {
  await withHub(async ({ server, settings, remote, notices }) => {
    server.put(path, bytes, '"e"')
    const [a, b] = await Promise.all([fetchWhole(remote, settings), fetchWhole(remote, settings)])
    assert.equal(a, bytes)
    assert.equal(b, bytes)
    assert.is(server.taken(path).length, 1)
    assert.match(notices.join(), /waiting for another/)
  })
})

test('a URL is asked whether it changed; its old version is as good as it gets without a server', async () => {
  await withHub(async ({ server, cache, settings, remote }) => {
    const url = { ...remote, immutable: false }
    server.put(path, bytes, '"one"')
    assert.equal(await fetchWhole(url, settings), bytes)
    assert.equal(await fetchWhole(url, settings), bytes)
    const [, second] = server.taken(path)
    assert.is(second!.headers['if-none-match'], '"one"')
    server.put(path, other, '"two"')
    assert.equal(await fetchWhole(url, settings), other)
    assert.equal(await wholeEntries(cache), [other])
    server.misbehave = (_, response) => {
      response.destroy()
      return true
    }
    assert.equal(await fetchWhole(url, settings), other)
  })
})

test.run()
