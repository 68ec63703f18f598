import { platform } from '#platform'

/** V8's flag that fuses pairs of 128-bit instructions when a function is optimised; see wide.ts. */
const FUSE = 'experimental-wasm-revectorize'

/**
 * How many bytes of a function V8 runs before it optimises it, by version, those on which the project's
 * tests have run: 13 MB are tens of milliseconds for each of our kernels, so that the first answers of a
 * process would take several times as long as later ones. A module takes the number that is set when
 * it is made, which ours is in one synchronous call; nobody else's code is touched.
 */
const BUDGET = 'wasm-tiering-budget'
const budgets: Readonly<Record<string, number>> = {
  11.3: 1_800_000,
  12.4: 13_000_000,
  13.6: 13_000_000,
  14.6: 13_000_000,
}

/** Compiles a module whose functions are optimised as soon as they run, where this engine can be told to. */
export async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  const v8 = platform.v8
  const budget = v8 && budgets[v8.version.split('.', 2).join('.')]
  if (!budget || v8.startedWith(BUDGET)) return WebAssembly.compile(bytes as BufferSource)
  v8.setFlag(`--${BUDGET}=1`)
  try {
    return new WebAssembly.Module(bytes as BufferSource)
  } finally {
    v8.setFlag(`--${BUDGET}=${budget}`)
  }
}

/** Has V8 fuse what it optimises while an action runs. */
export async function whileFusing<T>(action: () => Promise<T>): Promise<T> {
  const v8 = platform.v8!
  // Who started the process with the flag keeps it.
  if (v8.startedWith(FUSE)) return await action()
  v8.setFlag(`--${FUSE}`)
  try {
    return await action()
  } finally {
    v8.setFlag(`--no-${FUSE}`)
  }
}
