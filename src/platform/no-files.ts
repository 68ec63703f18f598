import { UnsupportedError } from '../errors.ts'
import type { Platform } from './platform.ts'
import { nameOfUrl, visible } from './url-name.ts'

/** Where there is no file system. */
export const noFiles: Pick<
  Platform,
  'openFile' | 'hasFile' | 'filesIn' | 'foldersIn' | 'siblingPath'
> = {
  async openFile(path) {
    const name = typeof path === 'string' ? JSON.stringify(visible(path)) : nameOfUrl(path)
    throw new UnsupportedError(
      `There is no file system here to open ${name}; pass a URL, a Blob or bytes.`,
    )
  },
  hasFile: async () => false,
  filesIn: async () => undefined,
  foldersIn: async () => undefined,
  siblingPath: (_, name) => name,
}
