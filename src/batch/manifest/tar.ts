import { platform } from '#platform'
import { fileSource } from '../../checkpoint/source/file.ts'
import { listTar } from '../../checkpoint/source/tar.ts'
import { isPicture } from '../../image/picture-names.ts'
import { visible } from '../../platform/url-name.ts'
import type { Entry } from './entry.ts'

/**
 * The images in a tar archive, such as a shard of WebDataset, as `ARCHIVE/MEMBER`; only its headers are read.
 * @param path as it is named in the manifest
 * @param place where it lies now
 * @throws SourceError if it can't be read, FormatError if it is damaged
 */
export async function* imagesInTar(
  path: string,
  place: string,
  signal: AbortSignal,
): AsyncGenerator<Entry> {
  const source = fileSource(await platform.openFile(place), visible(place))
  try {
    for await (const { path: member, offset, size } of listTar(source, signal)) {
      const name = member.replace(/^\.\//, '')
      if (isPicture(name)) yield { image: `${path}/${name}`, tar: path, offset, size }
    }
  } finally {
    await source.close()
  }
}
