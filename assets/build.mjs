/**
 * Makes JavaScript modules of the files that the code needs: kernels, decoders, class names. A module's default export is
 * the file's bytes, deflated, in base64. So bundlers, tracers of files and content security policies see
 * JavaScript and nothing else, and an import needs no path made at run time. Runs after assembly/build.mjs.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync, inflateSync } from 'node:zlib'

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

for (const folder of [inline, decoders]) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
}
for (const file of readdirSync(from('build/kernels')).filter((file) => file.endsWith('.wasm'))) {
  write(basename(file, '.wasm'), readFileSync(from('build/kernels', file)))
}
// Measurements of kernels are kept by the hash of their sources.
write('kernels.sha256', readFileSync(from('build/kernels/sources.sha256')))
for (const [name, file] of Object.entries(codecs)) {
  cpSync(from(file), join(decoders, `${name}.wasm`))
  write(name, readFileSync(from(file)))
}
for (const file of readdirSync(from('assets'))) {
  const [, name, ending] = /^(\w+\.(?:labels|synsets))\.(txt|zlib)$/.exec(file) ?? []
  if (!name) continue
  const bytes = readFileSync(from('assets', file))
  write(name, ending === 'zlib' ? inflateSync(bytes) : bytes)
}

function write(name, bytes) {
  const text = deflateRawSync(bytes, { level: 9 }).toString('base64')
  writeFileSync(join(inline, `${name}.js`), `export default '${text}'\n`)
}
