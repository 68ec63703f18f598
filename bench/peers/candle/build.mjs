/**
 * Builds candle's ViT as WebAssembly into `pkg/` with the Rust that is on the machine, or says what is
 * missing there. `PATH`, `RUSTC`, `CARGO_BUILD_JOBS` and their like mean what they mean to cargo.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const target = 'wasm32-unknown-unknown'

const missing = [
  ...(output('cargo', '--version') ? [] : ['cargo is missing. Install Rust, e.g. with rustup.']),
  ...missingRustc(process.env.RUSTC ?? 'rustc'),
  ...(output('wasm-pack', '--version')
    ? []
    : ['wasm-pack is missing. Run `cargo install wasm-pack`.']),
  ...missingBindgen(),
]
if (missing.length > 0) {
  for (const line of missing) console.error(line)
  console.error(
    'On Debian 12, `sh bench/peers/candle/debian-toolchain.sh FOLDER` fetches all but cargo.',
  )
  process.exit(1)
}

const { status, error } = spawnSync(
  'wasm-pack',
  ['build', '--mode', 'no-install', '--target', 'web', '--release', '.', '--', '--locked'],
  { cwd: here, env: environment(), stdio: 'inherit' },
)
if (error) console.error(error.message)
if (status === 0) {
  const { size } = statSync(join(here, 'pkg', 'candle_vit_bg.wasm'))
  console.log(`bench/peers/candle/pkg: ${(size / 1e6).toFixed(2)} MB of WebAssembly`)
}
process.exit(status ?? 1)

/** What a program prints; undefined where there is none of that name, or it fails. */
function output(program, ...flags) {
  const { status, stdout } = spawnSync(program, flags, { cwd: here, encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

function missingRustc(rustc) {
  if (!output(rustc, '--version')) return [`${rustc} is missing. Install Rust, e.g. with rustup.`]
  const folder = output(rustc, '--print', 'target-libdir', '--target', target)
  const found =
    folder && existsSync(folder) && readdirSync(folder).some((file) => /^libstd-/.test(file))
  if (found) return []
  return [
    `${rustc} has no standard library for ${target}. Run \`rustup target add ${target}\`, ` +
      "or install your distribution's package (Debian: libstd-rust-dev-wasm32).",
  ]
}

/** The program and the crate share a private format, so they must be of the same version. */
function missingBindgen() {
  const manifest = readFileSync(join(here, 'Cargo.toml'), 'utf8')
  const wanted = /^wasm-bindgen = "=(.+)"$/m.exec(manifest)[1]
  const install = `Run \`cargo install wasm-bindgen-cli --version ${wanted}\``
  const version = output('wasm-bindgen', '--version')?.split(' ').at(-1)
  if (!version) return [`wasm-bindgen is missing. ${install}.`]
  if (version === wanted) return []
  return [
    `wasm-bindgen is ${version}, and bench/peers/candle/Cargo.toml wants ${wanted}. ${install}, ` +
      `or write "=${version}" there and run \`cargo update wasm-bindgen\` beside it.`,
  ]
}

/**
 * SIMD for the target alone: build scripts run on the host. The general variables of cargo would
 * take precedence over the target's.
 */
function environment() {
  const { RUSTFLAGS, CARGO_ENCODED_RUSTFLAGS, ...rest } = process.env
  const flags = { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: '-C target-feature=+simd128' }
  return { ...rest, ...flags }
}
