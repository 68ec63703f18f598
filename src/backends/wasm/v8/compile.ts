import { platform } from '#platform'

/** V8's flag that fuses pairs of 128-bit instructions when a function is optimised; see wide.ts. */
const FUSE = 'experimental-wasm-revectorize'

/**
 * V8's default tiering budget by tested version: the bytes of a function that run before V8 optimises it.
 * 13 MB are tens of milliseconds for each of our kernels, so the first runs of a process would take several
 * times as long as later ones. A module keeps the budget that was set when it was created. Ours is created
 * in one synchronous call, so no other code is affected.
 */
const BUDGET = 'wasm-tiering-budget'
const budgets: Readonly<Record<string, number>> = {
  11.3: 1_800_000,
  12.4: 13_000_000,
  13.6: 13_000_000,
  14.6: 13_000_000,
}

/** Compiles a module so that its functions are optimised as soon as they run, where the engine allows it. */
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

/** Runs an action with V8's 256-bit fusion enabled. */
export async function whileFusing<T>(action: () => Promise<T>): Promise<T> {
  const v8 = platform.v8!
  // A flag set on the command line stays set.
  if (v8.startedWith(FUSE)) return await action()
  v8.setFlag(`--${FUSE}`)
  try {
    return await action()
  } finally {
    v8.setFlag(`--no-${FUSE}`)
  }
}
