import { platform } from '#platform'

/**
 * Flags with which V8 compiles a module as well as it can, all of it, at once: some 15 ms for ours on two
 * cores. Otherwise a function is compiled quickly when it is first called, and well only after it has
 * run for long, so that the first answer of a process would take several times as long as later ones.
 * By version, those on which the project's tests have run: V8 14.6 would inline by what quick code had
 * counted, and end the process where there was none.
 */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  11.3: ['no-liftoff', 'no-wasm-lazy-compilation'],
  12.4: ['no-liftoff', 'no-wasm-lazy-compilation'],
  13.6: ['no-liftoff', 'no-wasm-lazy-compilation'],
  14.6: ['no-wasm-inlining', 'no-liftoff', 'no-wasm-lazy-compilation'],
}

/**
 * Compiles a module, well where this engine can be told to.
 * @param flags of V8, without dashes, to be set meanwhile in addition
 */
export async function compile(
  bytes: Uint8Array,
  flags: readonly string[] = [],
): Promise<WebAssembly.Module> {
  const version = platform.v8?.version.split('.', 2).join('.')
  const known = version === undefined ? undefined : FLAGS[version]
  if (!known) return WebAssembly.compile(bytes as BufferSource)
  const clear = setFlags([...known, ...flags])
  try {
    // Not awaited: nobody else's code is compiled meanwhile.
    return new WebAssembly.Module(bytes as BufferSource)
  } finally {
    clear()
  }
}

/** Sets flags of V8, which are those of the whole process. Returns what takes them back. */
export function setFlags(flags: readonly string[]): () => void {
  const v8 = platform.v8!
  // Who started the process with a flag keeps it.
  const toSet = flags.filter((flag) => !v8.startedWith(flag.replace(/^no-/, '')))
  for (const flag of toSet) v8.setFlag(`--${flag}`)
  return () => {
    for (const flag of [...toSet].reverse()) v8.setFlag(`--${opposite(flag)}`)
  }
}

const opposite = (flag: string) => (flag.startsWith('no-') ? flag.slice(3) : `no-${flag}`)
