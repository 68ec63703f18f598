import type { DownloadProgress } from '../../checkpoint/checkpoint.ts'
import { bytesSource } from '../../checkpoint/source/memory.ts'
import type { ByteSource } from '../../checkpoint/source/source.ts'
import { ChangedError } from '../../hub/download/in-flight-source.ts'
import { findCached, obtain } from '../../hub/obtain.ts'
import type { Remote } from '../../hub/remote.ts'
import { bucketHost, type Settings } from '../../hub/settings.ts'
import { takeCredentials } from '../../platform/credentials.ts'
import { nameOfUrl } from '../../platform/url-name.ts'
import type { CIFAR } from './cifar.ts'

export interface DownloadOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined
}

/** The server of the publisher of CIFAR. */
const CIFAR_HOST = 'https://www.cs.toronto.edu'

const ARCHIVES: Readonly<Record<CIFAR, { file: string; size: number; sha256: string }>> = {
  cifar10: {
    file: 'cifar-10-binary.tar.gz',
    size: 170_052_171,
    sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  },
  cifar100: {
    file: 'cifar-100-binary.tar.gz',
    size: 168_513_733,
    sha256: '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
  },
}

/** The publisher's archive of the binary version. A mirror has it under the same path. */
export function cifarRemote(set: CIFAR, { bucket }: Pick<Settings, 'bucket'>): Remote {
  const { file, size, sha256 } = ARCHIVES[set]
  const path = `/~kriz/${file}`
  return {
    id: CIFAR_HOST + path,
    url: (bucket === bucketHost ? CIFAR_HOST : bucket) + path,
    name: file,
    maxBytes: size,
    size,
    sha256,
    immutable: true,
    mirror: 'VITRINE_HUB_URL',
    advice: 'Download it by other means, and pass its path.',
  }
}

/** The largest archive, shard or table that is downloaded. */
const MOST = 2 ** 36

/** A file that a user names by its URL. */
export function urlRemote(text: string | URL): Remote {
  const { url, headers } = takeCredentials(text)
  url.hash = ''
  const { href } = url
  return { id: href, url: href, name: nameOfUrl(url), headers, maxBytes: MOST, immutable: false }
}

const MOST_CHANGES = 3

/**
 * Downloads a file whole into the cache, where it stays, and opens it there; without a cache, into memory. A download
 * that was cut off is resumed, and the published SHA-256 is checked.
 * @throws SourceError where it can't be had or has another SHA-256, LimitError for a file over its limit, the signal's
 *   reason
 */
export async function fetchFile(
  remote: Remote,
  settings: Settings,
  { signal, onProgress }: DownloadOptions = {},
): Promise<ByteSource> {
  for (let changes = 0; ; changes++) {
    const file = await obtain(remote, settings, { signal, onProgress })
    try {
      const source = file.open()
      await file.keep()
      const whole = await findCached(remote, settings)
      if (whole) return await whole.open()
      const size = await source.measure(signal)
      return bytesSource(Uint8Array.from(await source.read(0, size, signal)), remote.name)
    } catch (error) {
      // The file changed on the server while it was downloaded.
      if (!(error instanceof ChangedError) || changes === MOST_CHANGES) throw error
    } finally {
      await file.close()
    }
  }
}
