import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { UnsupportedError } from '../../src/errors.ts'

// Two levels below the root both as source (bench/report) and as built (build/node).
const built = new URL('../../build/page/', import.meta.url)

/**
 * The script and the looks of a page, as the build left them.
 * @throws UnsupportedError where they were not built
 */
export async function builtPage(
  name: 'report' | 'training',
): Promise<{ readonly script: string; readonly style: string }> {
  const [script, style] = await Promise.all([read(`${name}.js.gz`), read(`${name}.css`)])
  return { script: gunzipSync(script).toString(), style: style.toString() }
}

async function read(name: string): Promise<Buffer> {
  try {
    return await readFile(new URL(name, built))
  } catch (cause) {
    throw new UnsupportedError(`The page was not built (npm run build): no ${name}.`, { cause })
  }
}
