import { platform } from '#platform'

/** The bytes of a file that assets/build.mjs has made a module of. */
export function unpack(packed: string): Promise<Uint8Array> {
  return platform.inflateRaw(Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0)))
}
