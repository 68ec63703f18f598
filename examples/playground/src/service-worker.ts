/** All files of the page, and a hash of them; the build puts them here (plugins/service-worker.ts). */
declare const __FILES__: readonly string[]
declare const __VERSION__: string

declare const self: ServiceWorkerGlobalScope

const prefix = 'playground '
const name = prefix + __VERSION__
const page = new URL('./', self.location.href).href

self.addEventListener('install', (event) => event.waitUntil(install()))
self.addEventListener('activate', (event) => event.waitUntil(activate()))
self.addEventListener('fetch', (event) => {
  const { request } = event
  const isOurs = request.method === 'GET' && request.url.startsWith(page)
  if (isOurs) event.respondWith(respond(request))
})

/** Names in assets/ have a hash of what is in them, so the browser's own cache is as good as the server. */
async function install(): Promise<void> {
  const cache = await caches.open(name)
  await Promise.all(
    __FILES__.map(async (file) => {
      const mode = file.startsWith('assets/') ? 'default' : 'reload'
      const response = await fetch(file, { cache: mode })
      if (!response.ok) throw new Error(`${file}: HTTP ${response.status}`)
      await cache.put(file, isolated(response))
    }),
  )
}

async function activate(): Promise<void> {
  const names = await caches.keys()
  const old = names.filter((one) => one.startsWith(prefix) && one !== name)
  await Promise.all(old.map((one) => caches.delete(one)))
  await self.clients.claim()
}

async function respond(request: Request): Promise<Response> {
  const cache = await caches.open(name)
  const wanted = request.mode === 'navigate' ? `${page}index.html` : request
  return (await cache.match(wanted, { ignoreSearch: true })) ?? fetch(request)
}

/** With these headers a page may have threads, also where its server can't be told to send them. */
function isolated(response: Response): Response {
  const headers = new Headers(response.headers)
  headers.set('Cross-Origin-Opener-Policy', 'same-origin')
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp')
  headers.set('Cross-Origin-Resource-Policy', 'same-origin')
  const { status, statusText } = response
  return new Response(response.body, { status, statusText, headers })
}
