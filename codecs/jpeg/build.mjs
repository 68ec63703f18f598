/**
 * Compiles the JPEG decoder of assets/jpeg.wasm: fetches libjpeg-turbo's source with cargo, which checks
 * it against source/Cargo.lock, and builds what decodes with clang. README.md says what is needed.
 *
 *   node codecs/jpeg/build.mjs [--check]
 *
 * With --check nothing is written; it fails where the result is not the file that is committed.
 */
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const target = fileURLToPath(new URL('../../assets/jpeg.wasm', import.meta.url))
const { CLANG = 'clang', WASM_LD = 'wasm-ld', WASM_SYSROOT = '/usr' } = process.env
const limit = 120 * 1024

const sources =
  'jcomapi jdapimin jdapistd jdcoefct jdcolor jddctmgr jdhuff jdinput jdmainct jdmarker jdmaster ' +
  'jdphuff jdpostct jdsample jidctint jmemmgr jmemnobs jpeg_nbits jutils'

const compiling = [
  '-c',
  '--target=wasm32-wasi',
  `--sysroot=${WASM_SYSROOT}`,
  '-O3',
  '-flto',
  '-msimd128',
  '-mbulk-memory',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
  '-Wno-unused-parameter',
]

/** Called directly: clang would have any wasm-opt that it finds change the result. */
const linking = ['--no-entry', '--strip-all', '--lto-O3', '-z', 'stack-size=65536']

const work = mkdtempSync(join(tmpdir(), 'jpeg-wasm-'))
try {
  const built = compile()
  if (built.length > limit) throw new Error(`${built.length} bytes are more than ${limit}.`)
  if (!process.argv.includes('--check')) writeFileSync(target, built)
  else if (!built.equals(readFileSync(target))) throw new Error(`${target} is another file.`)
  console.log(`assets/jpeg.wasm: ${built.length} bytes`)
} finally {
  rmSync(work, { recursive: true, force: true })
}

function compile() {
  const project = join(here, 'source')
  execFileSync('cargo', ['vendor', '--locked', '--quiet', join(work, 'crates')], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const library = join(work, 'crates', 'turbojpeg-sys', 'libjpeg-turbo', 'src')
  // Copied without jmorecfg.h, so that the sources find the one in config/ first.
  const code = join(work, 'code')
  for (const file of readdirSync(library).filter((name) => /\.[ch]$/.test(name))) {
    if (file !== 'jmorecfg.h') cpSync(join(library, file), join(code, file))
  }
  const objects = join(work, 'objects')
  mkdirSync(objects)
  const files = [...sources.split(' ').map((name) => join(code, `${name}.c`)), join(here, 'shim.c')]
  const folders = [join(here, 'config'), code, library].flatMap((folder) => ['-I', folder])
  execFileSync(CLANG, [...compiling, ...folders, ...files], { cwd: objects, stdio: 'inherit' })
  const inputs = files.map((file) => `${basename(file, '.c')}.o`)
  execFileSync(WASM_LD, [...linking, ...inputs, '-o', 'jpeg.wasm'], {
    cwd: objects,
    stdio: 'inherit',
  })
  return readFileSync(join(objects, 'jpeg.wasm'))
}
