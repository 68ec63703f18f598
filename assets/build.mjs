/**
 * Makes JavaScript modules of the files that the code needs: kernels, decoders, class names. A module's default export
 * is the file's bytes, deflated, in base64; Zopfli deflates them 4 % smaller than zlib. So bundlers, tracers of files
 * and content security policies see JavaScript and nothing else, and an import needs no path made at run time. Runs
 * after assembly/build.mjs.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflateRawSync, inflateSync } from 'node:zlib'
import zopfli from '@gfx/zopfli'

const root = fileURLToPath(new URL('..', import.meta.url))
const from = (...path) => join(root, ...path)
const inline = from('build/inline')
const decoders = from('build/decoders')

/** Decoders and what their modules are called. */
const codecs = {
  jpeg: 'assets/jpeg.wasm',
  webp: 'node_modules/@jsquash/webp/codec/dec/webp_dec.wasm',
  'png-encoder': 'node_modules/@jsquash/png/codec/pkg/squoosh_png_bg.wasm',
}

rmSync(decoders, { recursive: true, force: true })
for (const folder of [inline, decoders]) mkdirSync(folder, { recursive: true })
const written = new Set()
for (const file of readdirSync(from('build/kernels')).filter((file) => file.endsWith('.wasm'))) {
  await write(basename(file, '.wasm'), readFileSync(from('build/kernels', file)))
}
// Measurements of kernels are kept by the hash of their sources.
await write('kernels.sha256', readFileSync(from('build/kernels/sources.sha256')))
for (const [name, file] of Object.entries(codecs)) {
  cpSync(from(file), join(decoders, `${name}.wasm`))
  await write(name, readFileSync(from(file)))
}
for (const file of readdirSync(from('assets'))) {
  const [, name, ending] = /^(\w+\.(?:labels|synsets))\.(txt|zlib)$/.exec(file) ?? []
  if (!name) continue
  const bytes = readFileSync(from('assets', file))
  await write(name, ending === 'zlib' ? inflateSync(bytes) : bytes)
}

await write('serve-page', readFileSync(from('src/serve/page/page.html')))

for (const file of readdirSync(inline)) if (!written.has(file)) rmSync(join(inline, file))

async function write(name, bytes) {
  const file = `${name}.js`
  const path = join(inline, file)
  written.add(file)
  // Deflating takes seconds.
  if (existsSync(path) && bytes.equals(unpacked(readFileSync(path, 'utf8')))) return
  const deflated = await zopfli.deflateAsync(bytes, { numiterations: 15 })
  writeFileSync(path, `export default '${Buffer.from(deflated).toString('base64')}'\n`)
}

/** What a module stands for; nothing for a file that is none. */
function unpacked(code) {
  const [, text = ''] = /^export default '(.+)'\n$/.exec(code) ?? []
  try {
    return inflateRawSync(Buffer.from(text, 'base64'))
  } catch {
    return Buffer.alloc(0)
  }
}
